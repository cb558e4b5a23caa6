package cabin

import (
	"fmt"
	"strings"
)

// ScenePage is the mini-program's page that reads a code's scene and opens what it names.
const ScenePage = "pages/scan/open"

// Scene is what a mini-program code says: at most 32 characters that WeChat allows.
type Scene string

// The scenes. Client and wall sheets know them; a printed code must be good for ever, so a
// key never changes its meaning.
func StationScene(id int64) Scene { return Scene(fmt.Sprintf("s=%d", id)) }

// DeputyScene opens a deputy's page.
func DeputyScene(id int64) Scene { return Scene(fmt.Sprintf("d=%d", id)) }

// ReportScene opens a report, for who may see it.
func ReportScene(id int64) Scene { return Scene(fmt.Sprintf("r=%d", id)) }

// InviteScene opens the page that redeems an invite.
func InviteScene(code string) Scene {
	return Scene("i=" + strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code)))
}

// BookingScene opens a booking, for who may see it.
func BookingScene(id int64) Scene { return Scene(fmt.Sprintf("b=%d", id)) }
