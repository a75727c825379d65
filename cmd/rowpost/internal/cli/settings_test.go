package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowpost/providers"
	"rowpost/providers/all"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsLayers(t *testing.T) {
	file := writeFile(t, "token", "from-file\n")
	crlf := writeFile(t, "crlf", "from-file\r\n")
	two := writeFile(t, "two", "from-file\n\n")
	for _, test := range []struct {
		name        string
		env, dotenv map[string]string
		want        string
	}{
		{"nowhere", nil, nil, ""},
		{"the environment", map[string]string{"T": "env"}, nil, "env"},
		{"the dotenv file", nil, map[string]string{"T": "dot"}, "dot"},
		{"the environment wins", map[string]string{"T": "env"}, map[string]string{"T": "dot"}, "env"},
		{"an empty variable is not set", map[string]string{"T": ""}, map[string]string{"T": "dot"}, "dot"},
		{"a file, its line break cut", map[string]string{"T_FILE": file}, nil, "from-file"},
		{"a file of Windows", map[string]string{"T_FILE": crlf}, nil, "from-file"},
		{"only one line break is cut", map[string]string{"T_FILE": two}, nil, "from-file\n"},
		{"a file named in the environment wins", map[string]string{"T_FILE": file}, map[string]string{"T": "dot"}, "from-file"},
		{"a file named in the dotenv file", nil, map[string]string{"T_FILE": file}, "from-file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &settings{layers: []settingsLayer{{"the environment", test.env}, {"x.env", test.dotenv}}}
			if got, err := s.lookup("T"); err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestSettingsRefused(t *testing.T) {
	empty := writeFile(t, "empty", "\n")
	for _, test := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"both forms at once", map[string]string{"T": "secret", "T_FILE": "x"}, "T and T_FILE are both set in the environment"},
		{"no such file", map[string]string{"T_FILE": "no/such/file"}, "T_FILE: no/such/file:"},
		{"a folder", map[string]string{"T_FILE": t.TempDir()}, "T_FILE: "},
		{"an empty file", map[string]string{"T_FILE": empty}, "is empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &settings{layers: []settingsLayer{{"the environment", test.env}}}
			_, err := s.lookup("T")
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestMissingVariablesAreNamedAtOnce(t *testing.T) {
	accounts := map[string]account{}
	var names []string
	for _, p := range all.List() {
		d := p.Describe()
		names = append(names, d.Name)
		accounts[d.Name] = sandboxSettings(nil).account(d, d.Limit)
	}
	err := accountsFailure(names, accounts)
	if err == nil {
		t.Fatal("nothing is missing")
	}
	for _, want := range []string{"CLEVERBRIDGE_USERNAME", "CLEVERBRIDGE_PASSWORD", "TRACKFINITY_BASE_URL", "INVISIBLECOLLECTOR_TOKEN", "PAYSAFE_CLIENT_SECRET"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "CLEVERBRIDGE_BASE_URL") {
		t.Error("a variable that has a default is called missing")
	}
}

func TestBaseURLRules(t *testing.T) {
	for _, test := range []struct {
		name, url string
		ok        bool
	}{
		{"https", "https://api.example.com", true},
		{"https with a path", "https://api.example.com/v2/", true},
		{"http on loopback", "http://127.0.0.1:8080/x", true},
		{"http on loopback by name", "http://localhost:8080", true},
		{"http on loopback, IPv6", "http://[::1]:8080", true},
		{"http elsewhere", "http://api.example.com", false},
		{"http on a host that only looks local", "http://localhost.example.com", false},
		{"a password in it", "https://user:secret@api.example.com", false},
		{"a query", "https://api.example.com?key=secret", false},
		{"a fragment", "https://api.example.com#secret", false},
		{"no scheme", "api.example.com", false},
		{"another scheme", "ftp://api.example.com", false},
		{"no host", "https:///secret", false},
		{"no URL", "https://%zz", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := all.List()[0].Describe()
			vars := map[string]string{"CLEVERBRIDGE_BASE_URL": test.url}
			for _, v := range d.Variables {
				vars[v.Name] = "x"
			}
			err := accountsFailure([]string{d.Name}, map[string]account{d.Name: sandboxSettings(vars).account(d, d.Limit)})
			if (err == nil) != test.ok {
				t.Fatalf("error %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "CLEVERBRIDGE_BASE_URL")) {
				t.Errorf("the error does not name the variable alone: %v", err)
			}
		})
	}
}

func TestCredentialThatCannotTravel(t *testing.T) {
	d := all.List()[0].Describe()
	vars := map[string]string{}
	for _, v := range d.Variables {
		vars[v.Name] = "se\ncret"
	}
	err := accountsFailure([]string{d.Name}, map[string]account{d.Name: sandboxSettings(vars).account(d, providers.Limit{})})
	if err == nil || strings.Contains(err.Error(), "cret") {
		t.Errorf("error %v", err)
	}
}
