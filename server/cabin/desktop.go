package cabin

import (
	"net/netip"
	"strings"
)

// DesktopPage is the mini-program's page that a desktop's code opens.
const DesktopPage = "pages/me/desktop"

// DesktopScene asks to let a desktop in. It is never printed: it is good for a minute.
func DesktopScene(key string) Scene { return Scene("q=" + key) }

// MayUseDesktop is nil for who works here. The others have their phone.
func (a Actor) MayUseDesktop() error {
	if a.Home() == Resident {
		return E(CodeForbidden, "电脑上的页面是给代表、联络站和办事单位用的，您还没有工作身份。要开通请联系街道人大工委；预约和反映请在手机上用。")
	}
	return nil
}

var browserNames = []struct{ mark, name string }{ // the first that fits: many claim to be others, too
	{"MicroMessenger", "微信"}, {"Edg", "Edge"}, {"QQBrowser", "QQ 浏览器"}, {"360", "360 浏览器"}, {"MetaSr", "搜狗浏览器"}, {"OPR/", "Opera"},
	{"Firefox", "Firefox"}, {"HeadlessChrome", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
}

var systemNames = []struct{ mark, name string }{
	{"Windows", "Windows"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "安卓"}, {"Mac OS", "Mac"}, {"UOS", "统信"}, {"Kylin", "麒麟"}, {"Linux", "Linux"},
}

// BrowserName says in our own words what a User-Agent claims to be, "Edge · Windows": of
// what a stranger sends nothing is shown.
func BrowserName(agent string) string {
	browser, system := "浏览器", ""
	for _, b := range browserNames {
		if strings.Contains(agent, b.mark) {
			browser = b.name
			break
		}
	}
	for _, s := range systemNames {
		if strings.Contains(agent, s.mark) {
			system = " · " + s.name
			break
		}
	}
	return browser + system
}

// CoarseAddress is an address without its last part, enough to tell the office from
// elsewhere: "203.0.113.*", "2001:db8:1::*". Empty for what is none.
func CoarseAddress(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		text := a.String()
		return text[:strings.LastIndexByte(text, '.')+1] + "*"
	}
	p, _ := a.Prefix(48) // 48 bits fit
	return p.Addr().String() + "*"
}
