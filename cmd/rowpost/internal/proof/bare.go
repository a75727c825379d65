package proof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// BareVariable tells a TestMain, where it is set, to call [BareMain] instead of its tests. It
// has the number in flight and the address.
const BareVariable = "ROWPOST_PROOF_BARE"

// BareMain is the process of the client of [Bare], in the contest's folder; the job is what
// [BareVariable] holds. TestMain returns after it. It panics if the job cannot be done.
func BareMain(ctx context.Context, job string) {
	if err := bareRun(ctx, job); err != nil {
		panic("bare client: " + err.Error())
	}
}

// bareClient shares a reader and a writer among its workers, as somebody would write it who
// wants to be fast with the standard library and has to care for nothing else.
type bareClient struct {
	url       string
	transport http.Transport

	reading sync.Mutex
	table   *csv.Reader

	writing sync.Mutex
	result  *bufio.Writer
}

func bareRun(ctx context.Context, job string) (err error) {
	c := &bareClient{}
	var inFlight int
	if _, err := fmt.Sscan(job, &inFlight, &c.url); err != nil {
		return err
	}
	in, err := os.Open(contestTable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(contestResult)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	c.table, c.result = csv.NewReader(bufio.NewReaderSize(in, 64<<10)), bufio.NewWriterSize(out, 64<<10)
	c.table.ReuseRecord = true
	if _, err := c.table.Read(); err != nil {
		return err
	}
	c.transport.MaxIdleConns, c.transport.MaxIdleConnsPerHost = inFlight, inFlight
	var workers errgroup.Group
	for range inFlight {
		workers.Go(func() error { return c.work(ctx) })
	}
	return errors.Join(workers.Wait(), c.result.Flush())
}

// work sends rows until there are none any more. Its request and its memory are used again.
func (c *bareClient) work(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, nil)
	if err != nil {
		return err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {basic()}}
	var body []byte
	var answer bytes.Buffer
	reader := &bytes.Reader{}
	for {
		id, b, err := c.next(body[:0])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if body = b; err != nil {
			return err
		}
		reader.Reset(body)
		req.Body, req.ContentLength = io.NopCloser(reader), int64(len(body))
		resp, err := c.transport.RoundTrip(req)
		if err != nil {
			return err
		}
		answer.Reset()
		_, err = answer.ReadFrom(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return err
		}
		if err := c.tell(id, resp.StatusCode); err != nil {
			return err
		}
	}
}

// next makes the next row's body.
func (c *bareClient) next(b []byte) (id string, body []byte, err error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	cells, err := c.table.Read()
	if err != nil {
		return "", b, err
	}
	return strings.Clone(cells[0]), appendContact(b, cells), nil
}

func (c *bareClient) tell(id string, status int) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := fmt.Fprintf(c.result, "%s,%d\n", id, status)
	return err
}
