package providers_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

// BenchmarkBody writes a contact of 12 fields, two of them below another, and for
// comparison has the standard library write the same from a map, as it needs one where
// the fields are not known before the program runs.
func BenchmarkBody(b *testing.B) {
	contact := &mapping.Schema{}
	for i := range 10 {
		contact.Fields = append(contact.Fields, mapping.Field{Name: fmt.Sprintf("field%d", i)})
	}
	contact.Fields = append(contact.Fields, mapping.Field{Name: "address.street"}, mapping.Field{Name: "address.city"})
	texts := texts(contact, "S0001", "Ms", "Maria", "Keller", "maria.keller@example.com", "10115", "DE", "de", "+4930123456", "Müller & \"Söhne\"", "Hauptweg 5", "Berlin")
	measure := func(name string, encode func() ([]byte, error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				body, err := encode()
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(body)))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	jsonBody, formBody := providers.NewJSONBody(contact), providers.NewFormBody(contact)
	measure("json", func() ([]byte, error) { return jsonBody.Encode(texts) })
	measure("form", func() ([]byte, error) { return formBody.Encode(texts) })
	measure("encoding_json", func() ([]byte, error) {
		object, address := map[string]any{}, map[string]string{}
		object["address"] = address
		for i := range contact.Fields {
			text, _ := texts.Get(i)
			switch name := contact.Fields[i].Name; name {
			case "address.street", "address.city":
				address[name[len("address."):]] = text
			default:
				object[name] = text
			}
		}
		return json.Marshal(object)
	})
	measure("net_url", func() ([]byte, error) {
		form := url.Values{}
		for i := range contact.Fields {
			text, _ := texts.Get(i)
			form.Set(contact.Fields[i].Name, text)
		}
		return []byte(form.Encode()), nil
	})
}
