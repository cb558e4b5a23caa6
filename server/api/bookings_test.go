package api

import (
	"testing"

	"warmcabin/server/cabin"
)

// TestWhereOneGoes: nobody is sent to the station for a call, nor with the station's address
// to a hall of the community.
func TestWhereOneGoes(t *testing.T) {
	station := cabin.Booking{StationName: "中心站", StationAddress: "暖溪路 88 号", RoomName: "一号"}
	for _, c := range []struct {
		name           string
		change         func(*cabin.Booking)
		place, address string
	}{
		{"a meeting", func(b *cabin.Booking) { b.Service = cabin.TalkOne }, "中心站一号", "暖溪路 88 号"},
		{"a call", func(b *cabin.Booking) { b.Service = cabin.PhoneCall }, "", ""},
		{"a talk at the station", func(b *cabin.Booking) { b.Service = cabin.GroupTalk }, "中心站一号", "暖溪路 88 号"},
		{"a talk elsewhere", func(b *cabin.Booking) { b.Service, b.TalkPlace = cabin.GroupTalk, "居民活动中心" }, "居民活动中心", ""},
	} {
		b := station
		c.change(&b)
		if place, address := placeText(&b), addressOf(&b); place != c.place || address != c.address {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, place, address, c.place, c.address)
		}
	}
}
