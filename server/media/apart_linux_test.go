package media

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

func TestApartHasOnlyWhatIsLeftOfTheProcessors(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "apart", "policies", "")
	var out bytes.Buffer
	cmd.Stdout = &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := makeIdle(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	if _, err := in.Write([]byte{1}); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	threads := strings.Fields(out.String())
	if len(threads) < 2 {
		t.Fatalf("%d threads", len(threads))
	}
	for _, policy := range threads {
		if policy != strconv.Itoa(idle) {
			t.Errorf("policies of its threads: %v", threads)
			break
		}
	}
}
