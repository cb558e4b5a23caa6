// Package cabin is the domain of a deputies' liaison station: who may do what, when, and
// what follows from it. It does no I/O; the packages around it (mysql, redis, wechat,
// media, jobs, api) bring the world to it.
//
// Every process is one table of transitions (booking.go, report.go). The table decides
// which commands a person is offered, what each one needs, where it leads and who is
// told, so that the server, the phones and the tests cannot disagree.
package cabin
