package cli

import (
	"fmt"
	"os"
	"strings"

	"rowpost/batch"
	"rowpost/providers"
)

// settings looks variables up in layers: the environment wins over the dotenv file.
type settings struct{ layers []settingsLayer }

type settingsLayer struct {
	from string // in messages: the environment, or the file's name
	vars map[string]string
}

const fileSuffix = "_FILE"

// settings reads the dotenv file, if one is named.
func (p *Program) settings(envFile string) (*settings, error) {
	s := &settings{layers: []settingsLayer{{"the environment", p.Env}}}
	if envFile == "" {
		return s, nil
	}
	text, err := os.ReadFile(envFile)
	if err != nil {
		return nil, fileFailure(statusUsage, envFile, err)
	}
	vars, err := parseDotenv(envFile, string(text))
	if err != nil {
		return nil, fail(statusUsage, "%s", err)
	}
	s.layers = append(s.layers, settingsLayer{envFile, vars})
	return s, nil
}

// sandboxSettings knows only what a sandbox says of itself.
func sandboxSettings(vars map[string]string) *settings {
	return &settings{layers: []settingsLayer{{"the sandbox", vars}}}
}

// lookup gives a variable's value, empty if it is set nowhere. A variable is set by
// its own name or, with the ending _FILE, by the name of a file that holds it; one
// that is empty is as good as not set.
func (s *settings) lookup(name string) (string, error) {
	for _, layer := range s.layers {
		text, path := layer.vars[name], layer.vars[name+fileSuffix]
		switch {
		case text != "" && path != "":
			return "", fmt.Errorf("%s and %s are both set in %s: leave one out", name, name+fileSuffix, layer.from)
		case text != "":
			return text, nil
		case path != "":
			return readSetting(name, path)
		}
	}
	return "", nil
}

// readSetting reads a value from a file and cuts the one line break that editors put
// at its end.
func readSetting(name, path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name+fileSuffix, fileFailure(statusUsage, path, err))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return "", fmt.Errorf("%s: %s is empty", name+fileSuffix, path)
	}
	return text, nil
}

// anySet says whether somebody has set any of a provider's variables.
func (s *settings) anySet(d providers.Description) bool {
	names := []string{batch.BaseURLVariable(d.Name)}
	for _, v := range d.Variables {
		names = append(names, v.Name)
	}
	for _, layer := range s.layers {
		for _, name := range names {
			if layer.vars[name] != "" || layer.vars[name+fileSuffix] != "" {
				return true
			}
		}
	}
	return false
}

// account is what the settings say of a provider.
type account struct {
	batch.Account
	missing []string // required variables that are not set
	wrong   []error  // what is set and cannot be used
}

// account gathers where and as whom a provider is called. It finds all that is
// wrong, not only the first.
func (s *settings) account(d providers.Description, limit providers.Limit) account {
	a := account{Account: batch.Account{BaseURL: d.BaseURL, Values: map[string]providers.Secret{}, Limit: limit}}
	get := func(name string) string {
		text, err := s.lookup(name)
		if err != nil {
			a.wrong = append(a.wrong, err)
		}
		return text
	}
	wrongBefore := 0
	if text := get(batch.BaseURLVariable(d.Name)); text != "" {
		a.BaseURL = text
	} else if d.BaseURL == "" && len(a.wrong) == wrongBefore {
		a.missing = append(a.missing, batch.BaseURLVariable(d.Name))
	}
	for _, v := range d.Variables {
		wrongBefore = len(a.wrong)
		text := get(v.Name)
		if text == "" && v.Required && len(a.wrong) == wrongBefore {
			a.missing = append(a.missing, v.Name)
		}
		a.Values[v.Name] = providers.NewSecret(text)
	}
	if a.BaseURL != "" && len(a.missing)+len(a.wrong) == 0 {
		if err := a.Validate(d); err != nil {
			a.wrong = append(a.wrong, err)
		}
	}
	return a
}

// accountsFailure names at once all that the providers' accounts lack; nil if there
// is nothing.
func accountsFailure(names []string, accounts map[string]account) error {
	f := &failure{status: statusUsage}
	anyMissing := false
	for _, name := range names {
		a := accounts[name]
		if len(a.missing) > 0 {
			anyMissing = true
			f.messages = append(f.messages, fmt.Sprintf("%s: not set: %s", name, strings.Join(a.missing, ", ")))
		}
		for _, err := range a.wrong {
			f.messages = append(f.messages, err.Error())
		}
	}
	if len(f.messages) == 0 {
		return nil
	}
	if !anyMissing {
		return f
	}
	return f.
		hint("set the variables in the environment or in a file given with --env-file; NAME_FILE names a file that holds the value of NAME").
		hint("rowpost run --sandbox needs none of them and sends nothing out")
}
