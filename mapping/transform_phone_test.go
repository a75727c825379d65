package mapping

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPhone(t *testing.T) {
	const german = "{phone: {region: DE}}"
	for _, c := range []struct{ name, list, in, want string }{
		{"national", german, "030 1234567", "+49301234567"},
		{"with slash and hyphens", german, "030/12-34-567", "+49301234567"},
		{"with a slash between blanks", german, "030 / 1234567", "+49301234567"},
		{"with a slash and the country's number", german, "+49 (0)5522/123456", "+495522123456"},
		{"with the country's number", german, "+43 1 58858-0", "+431588580"},
		{"with 00", german, "0043 1 588580", "+431588580"},
		{"with 00 where another prefix is dialled", "{phone: {region: US}}", "0049 30 1234567", "+49301234567"},
		{"American", "{phone: {region: US}}", "(212) 555-2368", "+12125552368"},
		{"with the nought that is dialled within", german, "+49 (0)30 1234567", "+49301234567"},
		{"Italian, whose nought stays", "{phone: {region: IT}}", "06 6982 1234", "+390669821234"},
		{"blanks of other kinds", german, "\u00a0030\u00a01234567 ", "+49301234567"},
		{"no region needed", "phone", "+49 30 1234567", "+49301234567"},
		{"the country's number in parentheses", "phone", "(+49) 30 1234567", "+49301234567"},
		{"the same with 00", "phone", "(0049) 30 1234567", "+49301234567"},
		{"the country's number alone, as it is read there", german, "49 30 1234567", "+49301234567"},
		{"as it is dialled from there", "{phone: {region: US}}", "011 49 30 1234567", "+49301234567"},
		{"an extension that is dialled with it", german, "030 1234567-89", "+4930123456789"},
		{"possible, in no range", "{phone: {region: US, check: possible}}", "(123) 456-7890", "+11234567890"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, bad := through(t, c.list, c.in); bad != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
}

func TestPhoneRefuses(t *testing.T) {
	const german = "{phone: {region: DE}}"
	for _, c := range []struct{ name, list, in, msg string }{
		{"no region", "phone", "030 1234567", "value is a phone number without its country's number"},
		{"in no range", "{phone: {region: US}}", "(123) 456-7890", "value is in no range of phone numbers that is in use there"},
		{"too short", german, "+49 1", "value has too few or too many digits for a phone number"},
		{"too long", german, "+49 30 12345678901234", "value has too few or too many digits for a phone number"},
		{"more digits than E.164 has", german, "2958465.99999999", "value has too few or too many digits for a phone number"},
		{"an extension", german, "030 1234567 ext. 5", "value has letters beside the phone number"},
		{"an extension by a sign", german, "030 1234567#5", "value is no single phone number, or has an extension"},
		{"two numbers", german, "030 1234567, 030 1234568", "value is no single phone number, or has an extension"},
		{"two numbers, the second by its end", german, "030 1234567/89", "value may be two phone numbers: few digits stand behind the slash"},
		{"the same behind another slash", german, "030/1234567/-68", "value may be two phone numbers: few digits stand behind the slash"},
		{"two numbers, both whole", german, "030 12345 / 12346", "value may be two phone numbers, with a slash between them"},
		{"two numbers, the second with its area", german, "030/0171 1234567", "value may be two phone numbers, with a slash between them"},
		{"three parts", german, "02241/1234/5678", "value may be more than one phone number: it has two slashes"},
		{"the country's number without its plus, or an area", german, "491701234567", "value can be read with its country's number and without"},
		{"two numbers on two lines", german, "030 1234567\n030 1234568", "value is no single phone number, or has an extension"},
		{"two numbers with plus", german, "+49301234567+49301234568", "value is no single phone number, or has an extension"},
		{"letters for digits", "{phone: {region: US}}", "1-800-FLOWERS", "value has letters beside the phone number"},
		{"no digits", german, "-", "value is no phone number: it has no digits"},
		{"no country's number", german, "+999 123456", "value has a country's number that is not in use"},
		{"a text", german, strings.Repeat("1", 61), "value is longer than a phone number can be"},
		{"an exponent", german, "4,93E+11", "value has letters beside the phone number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, bad := through(t, c.list, c.in); bad == nil || bad.Msg != c.msg {
				t.Errorf("got %q, %+v", got, bad)
			}
		})
	}
	for arg, msg := range map[string]string{
		"region: XX":               `"XX" is no country whose phone numbers are known`,
		"region: de":               `"de" is no country whose phone numbers are known`,
		"region: DE, check: maybe": `check is valid or possible, not "maybe"`,
	} {
		if list := problemsOf(t, oneField("{column: Name, transform: [{phone: {"+arg+"}}]}")); len(list) != 1 || list[0].Msg != msg {
			t.Errorf("%s: %v", arg, list)
		}
	}
}

func TestPhoneOfItsResultIsTheSame(t *testing.T) {
	var d decoder
	number := phone(&d, pos{}, phoneArg{Region: &text{s: "DE"}})
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]string{"0", "+49", "0043", "+1", "+"}).Draw(t, "prefix") + rapid.StringMatching(`[1-9][0-9 ]{4,11}`).Draw(t, "number")
		once, bad := number(s)
		if bad != nil {
			return
		}
		seen++
		if twice, bad := number(once); bad != nil || twice != once {
			t.Errorf("%s became %q, %+v", once, twice, bad)
		}
		if bad := FormatE164.refuse(once); bad != nil {
			t.Errorf("%s: %s", once, bad.msg)
		}
	})
	if seen == 0 {
		t.Error("no number was one")
	}
}
