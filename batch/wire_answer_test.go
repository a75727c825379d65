package batch

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// FuzzAnswerHead compares the heads that are read in place with what the standard library
// reads of the same bytes. Two come one after the other, as lines of the last one are kept.
func FuzzAnswerHead(f *testing.F) {
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: Mon, 23 Nov 2026 02:00:00 GMT\r\n\r\nok"
	for _, a := range answers {
		f.Add(ok, a.answer)
		f.Add(a.answer, ok)
	}
	f.Add(ok, strings.Replace(ok, "02:00:00", "02:00:01", 1))
	f.Add("HTTP/1.1 429 Too Many Requests\r\nretry-after: 3 \r\nRetry-After:\t4\r\nContent-Length: 0\r\n\r\n", ok)
	f.Add("HTTP/1.1 200\r\nContent-Length: 0\r\nX: a\x00b\r\n\r\n", "HTTP/1.1 200 \r\nConnection: Keep-Alive\r\nContent-Length: 00\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n")
	f.Fuzz(func(t *testing.T, first, second string) {
		var h answerHead
		for _, came := range []string{first, second, first} {
			if size := h.parse([]byte(came)); size > 0 {
				readAsTheLibraryDoes(t, came, size, &h)
			}
		}
	})
}

func readAsTheLibraryDoes(t *testing.T, came string, size int, h *answerHead) {
	in := strings.NewReader(came)
	buffered := bufio.NewReaderSize(in, len(came)+16)
	resp, err := http.ReadResponse(buffered, nil)
	if err != nil {
		t.Fatalf("%q: %v", came, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if at := len(came) - buffered.Buffered() - in.Len(); at != size {
		t.Errorf("%q: the head has %d bytes, not %d", came, at, size)
	}
	if resp.StatusCode != h.status || resp.ContentLength != int64(h.length) || resp.Close || len(resp.TransferEncoding) > 0 {
		t.Errorf("%q: %+v, not %d of %d bytes", came, resp, h.status, h.length)
	}
	if !reflect.DeepEqual(resp.Header, h.header) {
		t.Errorf("%q: %q, not %q", came, resp.Header, h.header)
	}
	want, _ := io.ReadAll(resp.Body)
	if got := []byte(came[size:min(len(came), size+h.length)]); !bytes.Equal(got, want) {
		t.Errorf("%q: body %q, not %q", came, want, got)
	}
}

// Which heads are read in place: all others go the long way.
func TestHeadsReadInPlace(t *testing.T) {
	for _, tc := range []struct {
		name, head string
		length     int // -1: not in place
	}{
		{"with a length", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", 12},
		{"of a refusal", "HTTP/1.1 422 Unprocessable\r\ncontent-length:0\r\nX-Id: 1\r\n\r\n", 0},
		{"that keeps the connection", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n", 2},
		{"that ends the connection", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n", -1},
		{"that has not come as a whole", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", -1},
		{"without a length", "HTTP/1.1 200 OK\r\n\r\n", -1},
		{"with two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", -1},
		{"with more than is read of a body", "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", -1},
		{"of chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", -1},
		{"of an interim answer", "HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n", -1},
		{"without a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", -1},
		{"of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n", -1},
	} {
		h := answerHead{length: -1}
		if size := h.parse([]byte(tc.head)); size > 0 != (tc.length >= 0) || size > 0 && h.length != tc.length {
			t.Errorf("%s: %d bytes read, a length of %d", tc.name, size, h.length)
		}
	}
}
