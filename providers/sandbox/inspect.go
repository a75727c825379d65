package sandbox

import (
	"encoding/json"
	"net"
	"net/http"
)

const inspectPrefix = "_sandbox"

// inspect answers what [Sandbox]'s methods answer, for other processes: GET ledger,
// requests (both as JSON lines; provider= and object= choose), state (provider= and
// object=), stats and rules.
func (s *Sandbox) inspect(w http.ResponseWriter, r *http.Request, what string) {
	// A page in a browser can make its own name point here, and must not read what was sent.
	if host, _, err := net.SplitHostPort(r.Host); err != nil || !isLoopback(host) {
		http.Error(w, "ask by a loopback address", http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	provider, object := r.FormValue("provider"), r.FormValue("object")
	chosen := func(p, o string) bool {
		return (provider == "" || provider == p) && (object == "" || object == o)
	}
	switch what {
	case "ledger":
		lines(w, s.Ledger(), func(a *Applied) bool { return chosen(a.Provider, a.Object) })
	case "requests":
		lines(w, s.Requests(), func(q *Received) bool { return chosen(q.Provider, q.Object) })
	case "state":
		s.inspectState(w, provider, object)
	case "stats":
		stats := map[string]Stats{}
		for _, sim := range s.sims {
			stats[sim.name] = s.Stats(sim.name)
		}
		respondJSON(w, stats)
	case "rules":
		respondJSON(w, Rules())
	default:
		http.Error(w, "ask for ledger, requests, state, stats or rules", http.StatusNotFound)
	}
}

func (s *Sandbox) inspectState(w http.ResponseWriter, provider, object string) {
	values, ok := s.State(provider, object)
	if !ok {
		http.Error(w, "nothing is known of that object: give provider= and object=", http.StatusNotFound)
		return
	}
	respondJSON(w, values)
}

// lines writes the chosen values, one a line. Errors mean that the client has gone.
func lines[T any](w http.ResponseWriter, list []T, chosen func(*T) bool) {
	w.Header().Set("Content-Type", "application/jsonl")
	out := json.NewEncoder(w)
	for i := range list {
		if chosen(&list[i]) && out.Encode(&list[i]) != nil {
			return
		}
	}
}

func respondJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(value) // the client may be gone
}
