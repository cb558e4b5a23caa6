package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
)

// The lists of issue 3: what a resident reads before booking.

const (
	listed   = 100 // deputies as they are, whose lists are read
	taken    = 15  // of about fifty slots of each in the month
	inFlight = 32
)

// listedDeputies makes them once; they are the first deputies of a stage.
func (s *stage) listedDeputies(ctx context.Context) error {
	if s.deputies > 0 {
		return nil
	}
	if _, err := s.addDeputies(ctx, listed, receiving); err != nil {
		return err
	}
	if err := s.fillFloor(ctx, listed); err != nil {
		return err
	}
	seats, err := s.seats(ctx, 1, listed)
	if err != nil {
		return err
	}
	left := map[int]int{}
	var booked []seat
	for i, at := range seats {
		if left[at.deputy] < taken && i%3 == 0 {
			left[at.deputy]++
			booked = append(booked, at)
		}
	}
	return s.book(ctx, booked)
}

// around hands out these requests one after the other, for ever.
func around(requests [][]byte) func() []byte {
	var at atomic.Int64
	return func() []byte { return requests[int(at.Add(1)-1)%len(requests)] }
}

// floorPages are the floor's answer to every list of ours.
func floorPages() *side {
	pages := make([][]byte, listed)
	for i := range pages {
		pages[i] = get(fmt.Sprintf("/floor/list?deputyId=%d", 1+i), "")
	}
	return &side{want: http.StatusOK, next: around(pages)}
}

func slotRequests(n int) [][]byte {
	requests := make([][]byte, n)
	for i := range requests {
		requests[i] = get(fmt.Sprintf("/api/v1/deputies/%d/slots?days=14", 1+i), "")
	}
	return requests
}

// slotsList reads a deputy's free slots of 14 days, over all listed deputies.
func slotsList(ctx context.Context, s *stage) ([]result, error) {
	if err := s.listedDeputies(ctx); err != nil {
		return nil, err
	}
	ours := &side{want: http.StatusOK, next: around(slotRequests(listed))}
	r, err := s.versus(ctx, "slots_list", inFlight, ours, floorPages(), atLeast(2))
	return []result{r}, err
}

// deputyPages walks the list of deputies and returns the requests of the pages of the
// first n.
func (s *stage) deputyPages(n int) (pages [][]byte, err error) {
	const limit = 20
	c := newCall(s.server.addr)
	defer c.close()
	path := fmt.Sprintf("/api/v1/deputies?limit=%d", limit)
	for next := ""; len(pages)*limit < n; {
		request := get(path+next, "")
		status, body, err := c.do(request)
		if err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("deputies: %d %s %w", status, body, err)
		}
		page, err := decode[struct {
			Next string `json:"next"`
		}](body)
		if err != nil {
			return nil, err
		}
		pages, next = append(pages, request), "&cursor="+page.Next
	}
	return pages, nil
}

// deputiesList reads pages of deputies with the earliest slot of each.
func deputiesList(ctx context.Context, s *stage) ([]result, error) {
	if err := s.listedDeputies(ctx); err != nil {
		return nil, err
	}
	pages, err := s.deputyPages(listed)
	if err != nil {
		return nil, err
	}
	ours := &side{want: http.StatusOK, next: around(pages)}
	r, err := s.versus(ctx, "deputies_list", inFlight, ours, floorPages(), atLeast(2))
	return []result{r}, err
}
