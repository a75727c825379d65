package declared

// Version is the version of the file format.
const Version = 1

// File is a provider's file as it is written. Its yaml tags are the keys that [Parse]
// takes and that schema.json, which is generated from these types, describes; marshalled
// to YAML it is such a file again.
type File struct {
	Version        int               `yaml:"version" jsonschema:"required,minimum=1,maximum=1" jsonschema_description:"The version of this file format: 1."`
	Name           string            `yaml:"name" jsonschema:"required,pattern=^[a-z][a-z0-9]*$" jsonschema_description:"Names the provider in results, flags and, in capitals, variables: small letters and digits."`
	Title          string            `yaml:"title" jsonschema:"required" jsonschema_description:"The API's name as its vendor writes it."`
	Docs           string            `yaml:"docs" jsonschema:"required" jsonschema_description:"The page that the facts are from."`
	BaseURL        string            `yaml:"base_url,omitempty" jsonschema_description:"Where the API is; left out: the variable NAME_BASE_URL must say it, and it always may."`
	Auth           *Auth             `yaml:"auth,omitempty" jsonschema_description:"How a caller proves who it is; left out: not at all."`
	Variables      []Variable        `yaml:"variables,omitempty" jsonschema_description:"What the environment holds, beside NAME_BASE_URL."`
	Limit          *Limit            `yaml:"limit" jsonschema:"required" jsonschema_description:"The pace used unless the user says otherwise."`
	PublishedLimit *Limit            `yaml:"published_limit,omitempty" jsonschema_description:"What the vendor documents; going above it is warned of."`
	Check          *Check            `yaml:"check,omitempty" jsonschema_description:"A request that tries address and credentials and touches no customer."`
	Headers        map[string]string `yaml:"headers,omitempty" jsonschema_description:"Sent with every request."`
	Errors         []ErrorAt         `yaml:"errors,omitempty" jsonschema_description:"Where refusals hold code, message and field, before the common shapes are tried."`
	Answers        []Answer          `yaml:"answers,omitempty" jsonschema_description:"Answers that mean something else than their status does by convention; the first that fits counts."`
	Assumptions    []string          `yaml:"assumptions,omitempty" jsonschema_description:"What no document says and was inferred, a sentence each."`
	Operations     []Operation       `yaml:"operations" jsonschema:"required,minItems=1" jsonschema_description:"What can be done for each row; the first is the default."`
}

// Auth is one scheme, a signature, or both. It names variables and holds no secret.
type Auth struct {
	Basic     *Basic            `yaml:"basic,omitempty" jsonschema_description:"HTTP Basic authentication."`
	Bearer    string            `yaml:"bearer,omitempty" jsonschema_description:"The variable of a token that is sent as Authorization: Bearer."`
	Headers   map[string]string `yaml:"headers,omitempty" jsonschema_description:"Headers, each with the variable of its value: ACME_KEY, or Token {ACME_KEY}."`
	OAuth2    *OAuth2           `yaml:"oauth2,omitempty" jsonschema_description:"Tokens by OAuth 2.0 client credentials."`
	Signature *Signature        `yaml:"signature,omitempty" jsonschema_description:"An HMAC of what is sent; beside one of the others, or alone."`
}

// Basic names the variables of HTTP Basic authentication.
type Basic struct {
	Username string `yaml:"username" jsonschema:"required" jsonschema_description:"The variable of the user name."`
	Password string `yaml:"password" jsonschema:"required" jsonschema_description:"The variable of the password."`
}

// OAuth2 is where tokens come from, below the base URL, and for whom.
type OAuth2 struct {
	ClientID     string `yaml:"client_id" jsonschema:"required" jsonschema_description:"The variable of the client's id."`
	ClientSecret string `yaml:"client_secret" jsonschema:"required" jsonschema_description:"The variable of the client's secret."`
	TokenPath    string `yaml:"token_path" jsonschema:"required" jsonschema_description:"Below the base URL; a variable's name in braces stands for its value: /brands/{ACME_BRAND}/token."`
	Scope        string `yaml:"scope,omitempty" jsonschema_description:"What a token is asked for."`
}

// Signature is an HMAC of what is sent.
type Signature struct {
	Header          string   `yaml:"header" jsonschema:"required" jsonschema_description:"The header that carries the signature."`
	Secret          string   `yaml:"secret" jsonschema:"required" jsonschema_description:"The variable of the key."`
	SecretEncoding  string   `yaml:"secret_encoding,omitempty" jsonschema:"enum=text,enum=hex,enum=base64" jsonschema_description:"How the variable stands for the key's bytes; default: text."`
	Hash            string   `yaml:"hash" jsonschema:"required,enum=sha256,enum=sha512,enum=sha1" jsonschema_description:"The hash of the HMAC."`
	Encoding        string   `yaml:"encoding" jsonschema:"required,enum=hex,enum=base64" jsonschema_description:"How the signature is written."`
	Prefix          string   `yaml:"prefix,omitempty" jsonschema_description:"Stands before the signature: sha256=."`
	Signed          []string `yaml:"signed,omitempty" jsonschema_description:"What is signed, part behind part: body, timestamp, method, path, target (path and query); anything else is a text as it stands. Default: body."`
	TimestampHeader string   `yaml:"timestamp_header,omitempty" jsonschema_description:"The header that carries the time of signing."`
	TimestampFormat string   `yaml:"timestamp_format,omitempty" jsonschema:"enum=unix,enum=unix_ms,enum=rfc3339" jsonschema_description:"How that time is written; default: unix."`
}

// Variable is a piece of configuration from the environment.
type Variable struct {
	Name     string `yaml:"name" jsonschema:"required,pattern=^[A-Z][A-Z0-9_]*$" jsonschema_description:"In capitals, beginning with the provider's name: ACME_TOKEN."`
	Help     string `yaml:"help" jsonschema:"required" jsonschema_description:"What it holds, one line."`
	Required *bool  `yaml:"required,omitempty" jsonschema_description:"Default: true."`
	Secret   *bool  `yaml:"secret,omitempty" jsonschema_description:"Default: true. What is no secret tells accounts apart: a user name, a brand."`
}

// Limit is how fast and how wide requests are sent.
type Limit struct {
	Windows  []string `yaml:"windows" jsonschema:"required,minItems=1" jsonschema_description:"All hold at once: 10/s, 600/m, 5000/h, 40000/d, 60/30s."`
	InFlight int      `yaml:"in_flight,omitempty" jsonschema:"minimum=1" jsonschema_description:"Requests under way at once; default: 1."`
}

// Check is a request that tries address and credentials. One without a method fetches a
// token by OAuth 2.0 and sends nothing else.
type Check struct {
	Method   string            `yaml:"method,omitempty" jsonschema_description:"Left out: fetching a token is the whole check."`
	Path     string            `yaml:"path,omitempty" jsonschema_description:"Below the base URL."`
	Headers  map[string]string `yaml:"headers,omitempty" jsonschema_description:"Beside those of the provider."`
	Body     string            `yaml:"body,omitempty" jsonschema_description:"As it is sent."`
	Accepted []int             `yaml:"accepted,omitempty" jsonschema_description:"The statuses that a server gives only to a caller whose credentials it took."`
	Help     string            `yaml:"help" jsonschema:"required" jsonschema_description:"What the request does, and why it touches no customer."`
}

// ErrorAt says where a refusal holds what, as JSON Pointers (RFC 6901).
type ErrorAt struct {
	Code    string `yaml:"code,omitempty" jsonschema_description:"JSON Pointer to the API's own code: /error/code."`
	Message string `yaml:"message,omitempty" jsonschema_description:"JSON Pointer to what went wrong, in words."`
	Field   string `yaml:"field,omitempty" jsonschema_description:"JSON Pointer to the name of the field at fault."`
}

// Answer says what some refusals mean. Statuses and codes, where both are given, must both fit.
type Answer struct {
	Statuses []int    `yaml:"statuses,omitempty" jsonschema_description:"HTTP statuses; left out: any."`
	Codes    []string `yaml:"codes,omitempty" jsonschema_description:"The API's own codes; left out: any."`
	Means    string   `yaml:"means" jsonschema:"required,enum=rejected,enum=throttled,enum=transient,enum=fatal,enum=unknown" jsonschema_description:"rejected: the row's own fault; throttled: too many requests, all wait; transient: not applied, for a passing reason; fatal: it meets every row, and the lane stops; unknown: it does not say whether it was applied."`
}

// Operation is one thing that can be done with the API for each row of a table.
type Operation struct {
	Name              string            `yaml:"name" jsonschema:"required,pattern=^[a-z][a-z0-9]*(_[a-z0-9]+)*$" jsonschema_description:"As in mappings: small letters, digits and underscores."`
	Help              string            `yaml:"help" jsonschema:"required" jsonschema_description:"One line."`
	Method            string            `yaml:"method" jsonschema:"required,enum=POST,enum=PUT,enum=PATCH,enum=DELETE,enum=GET" jsonschema_description:"The HTTP method."`
	Path              string            `yaml:"path" jsonschema:"required,pattern=^/" jsonschema_description:"Below the base URL, fields in braces: /customers/{id}."`
	Query             map[string]string `yaml:"query,omitempty" jsonschema_description:"Parameters that are always the same."`
	Headers           map[string]string `yaml:"headers,omitempty" jsonschema_description:"Beside those of the provider, or in their place."`
	Body              string            `yaml:"body" jsonschema:"required,enum=json,enum=form,enum=none" jsonschema_description:"The form of the body."`
	Constants         []Constant        `yaml:"constants,omitempty" jsonschema_description:"Members of the body that are always the same; they come first."`
	Fields            []Field           `yaml:"fields" jsonschema:"required,minItems=1" jsonschema_description:"What a mapping can fill, in the order in which it is sent."`
	Groups            []Group           `yaml:"groups,omitempty" jsonschema_description:"Rules over several fields."`
	Key               []Key             `yaml:"key" jsonschema:"required,minItems=1" jsonschema_description:"The fields that name the object which a request changes; the first that a row has counts. Rows of one key are sent in file order, never at once."`
	Success           Success           `yaml:"success" jsonschema:"required" jsonschema_description:"Which answers confirm it."`
	Refusal           *Refusal          `yaml:"refusal,omitempty" jsonschema_description:"How an answer with a status of 2xx says that it failed, beside the common ways."`
	ID                *IDAt             `yaml:"id,omitempty" jsonschema_description:"Where a confirming answer holds the object's id."`
	ExistingID        *ExistingID       `yaml:"existing_id,omitempty" jsonschema_description:"Where a refusal names the object that is in the way."`
	Errors            []ErrorAt         `yaml:"errors,omitempty" jsonschema_description:"As of the provider, and before those."`
	Answers           []Answer          `yaml:"answers,omitempty" jsonschema_description:"As of the provider, and before those."`
	SafeToRepeat      bool              `yaml:"safe_to_repeat,omitempty" jsonschema_description:"A request of which nobody knows whether it was applied may be sent again. Default: false, or true with an idempotency_header."`
	RepeatNote        string            `yaml:"repeat_note" jsonschema:"required" jsonschema_description:"Why it is safe to repeat, or not."`
	IdempotencyHeader string            `yaml:"idempotency_header,omitempty" jsonschema_description:"The header of a key by which the API knows a repeated request again: Idempotency-Key."`
}

// Field is one value that an operation takes.
type Field struct {
	Name       string       `yaml:"name" jsonschema:"required" jsonschema_description:"As in mappings, and in the API unless as says otherwise; nested ones with a dot: contact.email."`
	In         string       `yaml:"in,omitempty" jsonschema:"enum=path,enum=query,enum=header,enum=body" jsonschema_description:"Where it goes; default: path if the path names it, else body, or query if there is no body."`
	As         string       `yaml:"as,omitempty" jsonschema_description:"The API's own name; default: the same."`
	Type       string       `yaml:"type,omitempty" jsonschema:"enum=string,enum=number,enum=integer,enum=boolean" jsonschema_description:"How JSON writes it; default: string. A number keeps its very digits."`
	Separator  string       `yaml:"separator,omitempty" jsonschema_description:"It is a list, whose items stand in one text with this between them."`
	Required   bool         `yaml:"required,omitempty" jsonschema_description:"Default: false; fields of the path are always required."`
	Enum       []string     `yaml:"enum,omitempty" jsonschema_description:"The values that are taken, in their exact case."`
	MaxLen     int          `yaml:"max_len,omitempty" jsonschema:"minimum=1" jsonschema_description:"The greatest length in characters."`
	Format     string       `yaml:"format,omitempty" jsonschema:"enum=email,enum=e164,enum=country2,enum=country,enum=language,enum=digits,enum=path_segment" jsonschema_description:"The shape that the text must have."`
	FormatWhen []FormatWhen `yaml:"format_when,omitempty" jsonschema_description:"Shapes that depend on the value of another field."`
	Clear      string       `yaml:"clear,omitempty" jsonschema_description:"The text by which the API empties the field; from data it is refused."`
	ClearNull  bool         `yaml:"clear_null,omitempty" jsonschema_description:"The API empties the field by null."`
	Reserved   []string     `yaml:"reserved,omitempty" jsonschema_description:"Texts that are refused when they come from data."`
	Secret     bool         `yaml:"secret,omitempty" jsonschema_description:"It stands in no log, preview, report or result."`
	Help       string       `yaml:"help,omitempty" jsonschema_description:"One line: what it is."`
}

// FormatWhen is the shape that a text must have if another field has a certain value.
type FormatWhen struct {
	Field  string `yaml:"field" jsonschema:"required" jsonschema_description:"The other field."`
	Equals string `yaml:"equals" jsonschema:"required" jsonschema_description:"Its value."`
	Format string `yaml:"format" jsonschema:"required,enum=email,enum=e164,enum=country2,enum=country,enum=language,enum=digits" jsonschema_description:"The shape."`
}

// Constant is a member of the body that is always the same.
type Constant struct {
	Name  string `yaml:"name" jsonschema:"required" jsonschema_description:"The API's name, nested ones with a dot: data.type."`
	Value string `yaml:"value" jsonschema:"required" jsonschema_description:"What is sent."`
	Type  string `yaml:"type,omitempty" jsonschema:"enum=string,enum=number,enum=integer,enum=boolean" jsonschema_description:"How JSON writes it; default: string."`
}

// Group is a rule over several fields: exactly one of the two lists is given.
type Group struct {
	ExactlyOne []string `yaml:"exactly_one,omitempty" jsonschema:"minItems=2" jsonschema_description:"One of these fields is sent, and no other of them."`
	AtLeastOne []string `yaml:"at_least_one,omitempty" jsonschema:"minItems=2" jsonschema_description:"One or more of these fields are sent."`
}

// Key is a field that names the object which a request changes.
type Key struct {
	Field  string `yaml:"field" jsonschema:"required" jsonschema_description:"The field."`
	Of     string `yaml:"of" jsonschema:"required" jsonschema_description:"What it is an id of: a customer 5 is not the subscription 5."`
	Prefix string `yaml:"prefix,omitempty" jsonschema_description:"May stand before an id or not, and names the same object: S5 is 5."`
}

// Success says which answers confirm an operation. What calls itself an error never does,
// unless IgnoreErrors says so.
type Success struct {
	Statuses     []int       `yaml:"statuses" jsonschema:"required,minItems=1" jsonschema_description:"The statuses that confirm, of 200 to 299."`
	Body         string      `yaml:"body,omitempty" jsonschema:"enum=object,enum=json,enum=empty,enum=any" jsonschema_description:"What the body must be; default: a JSON object. any: the status alone confirms, even with a page as its body."`
	Conditions   []Condition `yaml:"conditions,omitempty" jsonschema_description:"All must hold of the body."`
	IgnoreErrors bool        `yaml:"ignore_errors,omitempty" jsonschema_description:"The conditions alone decide: a member called error beside them is no refusal."`
	Warnings     []Warning   `yaml:"warnings,omitempty" jsonschema_description:"Confirmations that are not as one would wish; the first that holds counts."`
	Expected     string      `yaml:"expected,omitempty" jsonschema_description:"What confirms, in words, for messages about other answers."`
}

// Condition is about one value of an answer's body. Exactly one of Equals, OneOf, SameAs,
// Present and Absent is given.
type Condition struct {
	Pointer    string   `yaml:"pointer" jsonschema:"required" jsonschema_description:"JSON Pointer to the value; empty: the whole body."`
	Equals     string   `yaml:"equals,omitempty" jsonschema_description:"The value is this."`
	OneOf      []string `yaml:"one_of,omitempty" jsonschema_description:"The value is one of these."`
	Type       string   `yaml:"type,omitempty" jsonschema:"enum=string,enum=number,enum=integer,enum=boolean" jsonschema_description:"What equals and one_of are in JSON; default: string."`
	SameAs     string   `yaml:"same_as,omitempty" jsonschema_description:"The value is that of this field in the request, as a string or a number."`
	IgnoreCase bool     `yaml:"ignore_case,omitempty" jsonschema_description:"same_as: small and capital letters are no difference."`
	Optional   bool     `yaml:"optional,omitempty" jsonschema_description:"It holds too where the answer has no such value."`
	Present    bool     `yaml:"present,omitempty" jsonschema_description:"There is a value, and it is neither null nor an empty text."`
	Absent     bool     `yaml:"absent,omitempty" jsonschema_description:"There is no such member, not even null."`
}

// Warning is a confirmation that is not as one would wish.
type Warning struct {
	Condition Condition `yaml:"condition" jsonschema:"required" jsonschema_description:"When it is one."`
	Code      string    `yaml:"code" jsonschema:"required" jsonschema_description:"For the result."`
	Message   string    `yaml:"message" jsonschema:"required" jsonschema_description:"For the result, in words."`
}

// Refusal is how an object with a status of 2xx says that it failed.
type Refusal struct {
	Message string   `yaml:"message" jsonschema:"required" jsonschema_description:"JSON Pointer to a text that is there in a refusal."`
	Code    string   `yaml:"code,omitempty" jsonschema_description:"JSON Pointer to the API's code; default: the code is refused."`
	Except  []string `yaml:"except,omitempty" jsonschema_description:"Texts there that say no such thing."`
}

// IDAt is where a confirming answer holds the object's id: a pointer or a header.
type IDAt struct {
	Pointer  string `yaml:"pointer,omitempty" jsonschema_description:"JSON Pointer to it."`
	Header   string `yaml:"header,omitempty" jsonschema_description:"The header that has it; of an address, as in Location, the last part."`
	Required bool   `yaml:"required,omitempty" jsonschema_description:"An answer without it confirms nothing."`
}

// ExistingID is where a refusal names the object that is in the way.
type ExistingID struct {
	Pointer  string `yaml:"pointer" jsonschema:"required" jsonschema_description:"JSON Pointer to its id."`
	Statuses []int  `yaml:"statuses" jsonschema:"required,minItems=1" jsonschema_description:"The statuses of such refusals."`
}
