package main

import "warmcabin/server/instance"

// child is a server process of ours: the product, the floor, a delivering worker.
type child struct {
	addr string // where it listens, as host:port
	pid  int
	stop func()
}

// startChild starts one, see instance.StartProgram.
func startChild(log string, env []string, argv ...string) (*child, error) {
	p, err := instance.StartProgram(log, env, argv...)
	if err != nil {
		return nil, err
	}
	return &child{p.Addr(), p.Pid(), func() { _ = p.Stop() }}, nil // it is asked to end, or its log says why it did
}
