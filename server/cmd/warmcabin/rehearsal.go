package main

import (
	"net/http"
	"strconv"
)

// rehearsal adds to the simulator's control side what a story needs of time: POST
// /sim/reports/{id}/overdue. There is none without the simulator, which production refuses.
func (a *app) rehearsal(control http.Handler) http.Handler {
	if control == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/sim/", control)
	mux.HandleFunc("POST /sim/reports/{id}/overdue", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err == nil {
			err = a.db.Reports.Rehearse(r.Context(), id)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
