package state

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowpost/providers"
)

// TestDamageIsNeverAnErrorForEver spoils the halves of a ledger and looks at what is left
// of 7 requests out of 10 that were counted one by one.
func TestDamageIsNeverAnErrorForEver(t *testing.T) {
	halves := []string{"pace.1a", "pace.1b"}
	for _, tc := range []struct {
		name  string
		spoil func(b []byte) []byte
		both  bool
		least int // requests that are still known
	}{
		{"one half torn", func(b []byte) []byte { return b[:len(b)-3] }, false, 6},
		{"one half empty", func([]byte) []byte { return nil }, false, 6},
		{"one half with a wild number", func(b []byte) []byte { b[6] = 0xff; return b }, false, 6},
		{"one half with a wild length", func(b []byte) []byte { b[11] = 0x7f; return b }, false, 6},
		{"both empty", func([]byte) []byte { return nil }, true, 0},
		{"both full of something else", func([]byte) []byte { return []byte("not a ledger at all, but long enough to be one") }, true, 0},
	} {
		for i := range halves {
			t.Run(tc.name+" "+halves[i], func(t *testing.T) {
				dir, clock := t.TempDir(), newWall()
				window := providers.Window{N: 10, Per: time.Hour}
				a := openAt(t, dir, clock.Now, window)
				for range 7 {
					reserve(t, a, 1)
				}
				closeAll(t, a)
				for k, name := range halves {
					if k == i || tc.both {
						spoil(t, filepath.Join(dir, name), tc.spoil)
					}
				}
				for range 2 { // what is written after damage is read again
					a = openAt(t, dir, clock.Now, window)
					closeAll(t, a)
				}
				a = openAt(t, dir, clock.Now, window)
				defer closeAll(t, a)
				if left := drain(t, a, clock); left > 10-tc.least || left < 3 {
					t.Errorf("%d more were let through", left)
				}
			})
		}
	}
}

func TestAFlippedBitIsSeen(t *testing.T) {
	dir, clock := t.TempDir(), newWall()
	window := providers.Window{N: 10, Per: time.Hour}
	a := openAt(t, dir, clock.Now, window)
	for range 7 {
		reserve(t, a, 1)
	}
	closeAll(t, a)
	for _, name := range []string{"pace.1a", "pace.1b"} {
		name = filepath.Join(dir, name)
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			spoil(t, name, func(b []byte) []byte { b[i] ^= 1 << (i % 8); return b })
			f, err := openLedger(dir)
			if err != nil {
				t.Fatal(err)
			}
			l, err := f.load()
			if err != nil {
				t.Fatal(err)
			}
			if n := l.sent(l.of(window.Per, l.written), l.written); n < 6 || n > 7 {
				t.Errorf("%s, byte %d: %d requests of 7 are known", filepath.Base(name), i, n)
			}
			if err = f.close(); err != nil {
				t.Fatal(err)
			}
			spoil(t, name, func([]byte) []byte { return whole })
		}
	}
}

func spoil(t *testing.T, name string, f func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, f(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLedgerIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, now := ledger{}, rapid.Int64Range(1e18, 2e18).Draw(t, "now")
		p := paceOf([]providers.Window{{N: 3, Per: time.Second}, {N: 5, Per: 90 * time.Second}})
		for range rapid.IntRange(0, 60).Draw(t, "requests") {
			now += rapid.Int64Range(-1e9, 40e9).Draw(t, "after")
			l.advance(now)
			l.reserve(p, now, 2)
		}
		b := l.encode(nil)
		back, ok := decode(b)
		if !ok || string(back.encode(nil)) != string(b) || len(back.pending) != len(l.pending) || back.next != l.next {
			t.Fatalf("%+v was read as %+v", l, back)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, ok = decode(b[:cut]); ok {
			t.Fatalf("%d of %d bytes were read as a ledger", cut, len(b))
		}
	})
}

func TestAnyBytesAreReadAsALedgerOrNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
		if l, ok := decode(b); ok {
			l.advance(l.written + int64(time.Hour))
			l.reserve(paceOf([]providers.Window{{N: 1, Per: time.Hour}}), l.written, 1)
		}
	})
}

func TestAccountsAreToldApart(t *testing.T) {
	type account struct {
		provider, url string
		as            map[string]string
	}
	same := account{"acme", "https://acme.example/v1", map[string]string{"user": "u", "brand": "b"}}
	name := accountName(same.provider, same.url, same.as)
	if accountName("acme", "https://acme.example/v1/", map[string]string{"brand": "b", "user": "u"}) != name {
		t.Error("a slash at the end of the base URL makes another account")
	}
	for what, other := range map[string]account{
		"provider":     {"acne", same.url, same.as},
		"base URL":     {same.provider, "https://acme.example/v2", same.as},
		"user":         {same.provider, same.url, map[string]string{"user": "v", "brand": "b"}},
		"moved border": {same.provider, same.url, map[string]string{"user": "ub", "brand": ""}},
		"no variables": {same.provider, same.url, nil},
	} {
		if accountName(other.provider, other.url, other.as) == name {
			t.Errorf("another %s is the same account", what)
		}
	}
}

func TestFilesAreNobodyElses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "accounts")
	a, err := OpenAccount(dir, "acme", "https://acme.example", map[string]string{"user": "jane"}, providers.Limit{InFlight: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, a)
	leave, err := a.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leave()
	reserve(t, a, 1)
	err = filepath.Walk(dir, func(name string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
			t.Errorf("%s has mode %s", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUnwritableFolderIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "accounts")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAccount(dir, "acme", "https://acme.example", nil, providers.Limit{}); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestClosedAccountSaysSo(t *testing.T) {
	a := openAt(t, t.TempDir(), time.Now)
	closeAll(t, a, a)
	if _, _, err := a.Reserve(1); err == nil {
		t.Error("Reserve works after Close")
	}
	if _, err := a.Enter(t.Context()); err == nil {
		t.Error("Enter works after Close")
	}
}
