package sandbox

import "strings"

// Rules tells, a sentence each, what the sandbox makes of a request: what always
// fails so that refusals can be seen, and what is refused otherwise. Those marked
// (assumed) stand on no page of the vendor.
func Rules() []string {
	return strings.Split(strings.TrimSpace(rules), "\n")
}

const rules = `
all: wrong credentials: 401
all: every well-formed id exists; an object has the values last written
cleverbridge: SubscriptionId ending in 404: 404 "Item not found."
cleverbridge: SubscriptionId ending in 410: 200 with a ResultMessage that says the subscription is not active (wording assumed)
cleverbridge: no ContactType, Contact, SubscriptionId, CountryId or LanguageId, or an empty one: 400 "Missing required field."
cleverbridge: an unknown field, a country not in ISO 3166-1, a language not in ISO 639-1, a SubscriptionId that is not an S and digits: 402 (wording assumed)
cleverbridge: with limits on, more than 30 requests in a second or 4 at once: 429 with Retry-After for a minute
trackfinity: customer_id or subscription_id ending in 404: 404, which means an invalid parameter (the body, a JSON text that names it, is assumed)
trackfinity: customer_id or subscription_id ending in 410: 200 and false (assumed)
trackfinity: an unknown parameter, a malformed email, REMOVE for a password: 404
trackfinity: no id, both ids, nothing to change: 400
trackfinity: REMOVE empties a field
invisiblecollector: id ending in 404, or the UUID of zeros only: 404 "Customer not found"
invisiblecollector: a country not in ISO 3166-1 (two or three letters) or none, an unknown locale, a malformed email, an unknown field: 422 "Unprocessable request"
invisiblecollector: a new customer without name or vatNumber: 422
invisiblecollector: a new customer with the externalId or vatNumber of another, or a vatNumber ending in 409: 409 with the other's gid
invisiblecollector: an update changes the fields that are sent and no others (assumed)
invisiblecollector: GET /customers/{id}: the values last written; GET /customers/find: one customer that was written and has the values asked for, else 404 (assumed)
paysafe: customerId ending in 404: 400 that names customerId (assumed: the page has no 404)
paysafe: a value that another customer has or had, an e-mail at taken.example, a mobile number ending in 0409: 409 DW-CUSTOMER-CONFLICT (code assumed)
paysafe: an e-mail at unverified.example, a mobile number ending in 0000: succeeds with status NOT_VERIFIED
paysafe: verificationId expired: 400 that names verificationId (assumed)
paysafe: a type other than EMAIL and MOBILE, a malformed value, an unknown field, a customerId of other than up to 20 digits: 400 that names the field
paysafe: with limits on, more than 60 writes a minute, 3 at once after a rest: 429 without Retry-After (assumed)
paysafe: an expired or unknown access token: 401
declared: what its file says of credentials, limits, path, query, headers, body and fields is demanded; errors stand where the file says
declared: a wrong field, an unknown one, a group that is not kept: the status and code that the file calls rejected, else 422, and the field's name
declared: an id ending in 404: 404; in 409: the refusal with existing_id, where the file has one; in 410: its refusal with 2xx, where it has one
declared: an idempotency key that came before with the same request: the same answer, and nothing is applied; with another one: 422
`
