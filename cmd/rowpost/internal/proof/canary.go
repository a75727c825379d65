package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// shortestNeedle is how long a text must be to be searched for: shorter ones are found
// by chance.
const shortestNeedle = 8

// needles are the forms in which a text could lie somewhere: as it is, in base64 at each
// alignment, URL-encoded, in hexadecimal, and escaped as in JSON.
func needles(text string) map[string]string {
	all := map[string]string{
		"as it is": text, "URL-encoded": url.QueryEscape(text), "URL-encoded, as in a path": url.PathEscape(text),
		"in hexadecimal": hex.EncodeToString([]byte(text)),
	}
	all["in upper-case hexadecimal"] = strings.ToUpper(all["in hexadecimal"])
	for _, html := range []bool{true, false} {
		var quoted bytes.Buffer
		out := json.NewEncoder(&quoted)
		out.SetEscapeHTML(html)
		if out.Encode(text) == nil {
			inner := strings.TrimSpace(quoted.String())
			all[fmt.Sprintf("as in JSON, %v", html)] = inner[1 : len(inner)-1]
		}
	}
	for shift := range 3 {
		// The characters at both ends depend on what stands beside the text.
		cut, whole := (shift*8+5)/6, (shift+len(text))*8/6
		padded := append(make([]byte, shift), text...)
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "URL base64": base64.RawURLEncoding} {
			all[fmt.Sprintf("in %s, %d", name, shift)] = encoding.EncodeToString(padded)[cut:whole]
		}
	}
	return all
}

// Search looks for texts in data and says which it found, in what form, without
// repeating the text: it may be a secret. Names has the text for each name.
func Search(data []byte, names map[string]string) []string {
	var found []string
	for name, text := range names {
		if len(text) < shortestNeedle {
			continue
		}
		forms := needles(text)
		for _, form := range slices.Sorted(maps.Keys(forms)) {
			if bytes.Contains(data, []byte(forms[form])) {
				found = append(found, name+" "+form)
				break // most texts look alike in several forms
			}
		}
	}
	return found
}

// SearchFiles looks for texts in the files below a folder, and in the files' names.
func SearchFiles(dir string, names map[string]string, except func(path string) bool) (found []string, files int, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, f := range Search([]byte(entry.Name()), names) {
			found = append(found, "the name of "+path+": "+f)
		}
		if entry.IsDir() || except != nil && except(path) {
			return nil
		}
		data, err := os.ReadFile(path)
		files++
		for _, f := range Search(data, names) {
			found = append(found, path+": "+f)
		}
		return err
	})
	return found, files, err
}
