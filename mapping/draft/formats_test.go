package draft_test

import "strings"

// format is an export of a program that people have customers in: its header, as far as the
// vendor's page in source and programs that read such files tell it, and the columns that a person
// would take, by what they are.
type format struct {
	name, source string
	header       []string
	// person is what somebody who knows the program would answer when asked for the
	// column of a thing; several are joined by " + ".
	person map[string]string
}

func header(names string) []string {
	out := strings.Split(names, "|")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// fieldsOf is what each operation asks for, in the words of [format].person. A field
// with several words takes the first one that the format has.
var fieldsOf = map[string]map[string][]string{
	"cleverbridge/update_contact": {
		"Contact.CountryId": {"country code", "country"}, "Contact.LanguageId": {"language"}, "Contact.City": {"city"},
		"Contact.EMail": {"email"}, "Contact.Firstname": {"first"}, "Contact.Lastname": {"last"}, "Contact.PostalCode": {"zip"},
		"Contact.Street1": {"street"}, "Contact.Street2": {"street2"}, "Contact.SalutationId": {"salutation"}, "Contact.Title": {"title"},
		"Contact.Company": {"company"}, "Contact.State": {"state"}, "Contact.StateId": {"state code"},
		"Contact.Phone1": {"phone"}, "Contact.Phone2": {"phone 2", "mobile"}, "Contact.Fax": {"fax"}, "Contact.VatId": {"vat"}, "Contact.Url": {"url"},
	},
	"trackfinity/set_customer_details": {
		"customer_id": {"id"}, "firstname": {"first"}, "lastname": {"last"}, "email": {"email"}, "username": {"user"},
		"address1": {"street"}, "address2": {"street2"}, "city": {"city"}, "state": {"state", "state code"},
		"country": {"country", "country code"}, "zip": {"zip"},
	},
	"invisiblecollector/update_customer": {
		"id": {"id"}, "name": {"name"}, "vatNumber": {"vat"}, "address": {"address"}, "zipCode": {"zip"}, "city": {"city"},
		"country": {"country code", "country"}, "email": {"email"}, "phone": {"phone"}, "mobile": {"mobile"}, "locale": {"language"},
	},
	"invisiblecollector/create_customer": {
		"externalId": {"id"}, "name": {"name"}, "vatNumber": {"vat"}, "address": {"address"}, "zipCode": {"zip"}, "city": {"city"},
		"country": {"country code", "country"}, "email": {"email"}, "phone": {"phone"}, "mobile": {"mobile"}, "locale": {"language"},
	},
	"paysafe/update_contact_info": {
		"email.customerId": {"id"}, "email.value": {"email"}, "mobile.customerId": {"id"}, "mobile.value": {"mobile", "phone"},
	},
}

var formats = []format{
	{
		name: "Shopify customers", source: "Shopify Help Center: Customer CSV file, columns of an export",
		header: header(`Customer ID|First Name|Last Name|Email|Accepts Email Marketing|Default Address Company|Default Address Address1|
			Default Address Address2|Default Address City|Default Address Province Code|Default Address Country Code|Default Address Zip|
			Default Address Phone|Phone|Accepts SMS Marketing|Total Spent|Total Orders|Note|Tax Exempt|Tags`),
		person: map[string]string{
			"id": "Customer ID", "first": "First Name", "last": "Last Name", "email": "Email", "company": "Default Address Company",
			"street": "Default Address Address1", "street2": "Default Address Address2", "city": "Default Address City",
			"state code": "Default Address Province Code", "country code": "Default Address Country Code", "zip": "Default Address Zip",
			"phone": "Phone", "phone 2": "Default Address Phone",
			"name":    "Default Address Company + First Name + Last Name",
			"address": "Default Address Address1 + Default Address Address2",
		},
	},
	{
		name: "Outlook contacts", source: "Microsoft Support: Export contacts from Outlook, comma separated values (Windows)",
		header: header(`Title|First Name|Middle Name|Last Name|Suffix|Company|Department|Job Title|Business Street|Business Street 2|
			Business Street 3|Business City|Business State|Business Postal Code|Business Country/Region|Home Street|Home Street 2|
			Home Street 3|Home City|Home State|Home Postal Code|Home Country/Region|Other Street|Other Street 2|Other Street 3|Other City|
			Other State|Other Postal Code|Other Country/Region|Assistant's Phone|Business Fax|Business Phone|Business Phone 2|Callback|
			Car Phone|Company Main Phone|Home Fax|Home Phone|Home Phone 2|ISDN|Mobile Phone|Other Fax|Other Phone|Pager|Primary Phone|
			Radio Phone|TTY/TDD Phone|Telex|Account|Anniversary|Assistant's Name|Billing Information|Birthday|Business Address PO Box|
			Categories|Children|Directory Server|E-mail Address|E-mail Type|E-mail Display Name|E-mail 2 Address|E-mail 2 Type|
			E-mail 2 Display Name|E-mail 3 Address|E-mail 3 Type|E-mail 3 Display Name|Gender|Government ID Number|Hobby|
			Home Address PO Box|Initials|Internet Free Busy|Keywords|Language|Location|Manager's Name|Mileage|Notes|Office Location|
			Organizational ID Number|Other Address PO Box|Priority|Private|Profession|Referred By|Sensitivity|Spouse|User 1|User 2|
			User 3|User 4|Web Page`),
		person: map[string]string{
			"first": "First Name", "last": "Last Name", "email": "E-mail Address", "company": "Company", "street": "Business Street",
			"street2": "Business Street 2", "city": "Business City", "state": "Business State", "country": "Business Country/Region",
			"zip": "Business Postal Code", "phone": "Business Phone", "mobile": "Mobile Phone", "fax": "Business Fax",
			"language": "Language", "url": "Web Page", "title": "Title",
			"name": "Company + First Name + Last Name", "address": "Business Street + Business Street 2",
		},
	},
	{
		name: "Google Contacts", source: "Google Contacts Help: Export, Google CSV (form of 2024)",
		header: header(`First Name|Middle Name|Last Name|Phonetic First Name|Phonetic Middle Name|Phonetic Last Name|Name Prefix|Name Suffix|
			Nickname|File As|Organization Name|Organization Title|Organization Department|Birthday|Notes|Photo|Labels|E-mail 1 - Label|
			E-mail 1 - Value|E-mail 2 - Label|E-mail 2 - Value|Phone 1 - Label|Phone 1 - Value|Phone 2 - Label|Phone 2 - Value|
			Address 1 - Label|Address 1 - Formatted|Address 1 - Street|Address 1 - City|Address 1 - PO Box|Address 1 - Region|
			Address 1 - Postal Code|Address 1 - Country|Address 1 - Extended Address|Website 1 - Label|Website 1 - Value`),
		person: map[string]string{
			"first": "First Name", "last": "Last Name", "email": "E-mail 1 - Value", "company": "Organization Name",
			"street": "Address 1 - Street", "street2": "Address 1 - Extended Address", "city": "Address 1 - City",
			"state": "Address 1 - Region", "country": "Address 1 - Country", "zip": "Address 1 - Postal Code",
			"phone": "Phone 1 - Value", "phone 2": "Phone 2 - Value", "url": "Website 1 - Value", "salutation": "Name Prefix",
			"name":    "Organization Name + First Name + Last Name",
			"address": "Address 1 - Street + Address 1 - Extended Address",
		},
	},
	{
		name: "DATEV Debitoren/Kreditoren", source: "DATEV-Format: Formatbeschreibung Debitoren/Kreditoren (Stammdaten)",
		header: header(`Konto|Name (Adressattyp Unternehmen)|Unternehmensgegenstand|Name (Adressattyp natürl. Person)|
			Vorname (Adressattyp natürl. Person)|Name (Adressattyp keine Angabe)|Adressattyp|Kurzbezeichnung|EU-Land|EU-UStID|Anrede|
			Titel/Akad. Grad|Adelstitel|Namensvorsatz|Adressart|Straße|Postfach|Postleitzahl|Ort|Land|Versandzusatz|Adresszusatz|
			Abweichende Anrede|Abw. Zustellbezeichnung 1|Abw. Zustellbezeichnung 2|Kennz. Korrespondenzadresse|Adresse Gültig von|
			Adresse Gültig bis|Telefon|Bemerkung (Telefon)|Telefon GL|Bemerkung (Telefon GL)|E-Mail|Bemerkung (E-Mail)|Internet|
			Bemerkung (Internet)|Fax|Bemerkung (Fax)|Sonstige|Bemerkung (Sonstige)|Bankleitzahl 1|Bankbezeichnung 1|Bank-Kontonummer 1|
			Länderkennzeichen 1|IBAN-Nr. 1|IBAN1 korrekt|SWIFT-Code 1|Abw. Kontoinhaber 1|Kennz. Hauptbankverb. 1`),
		person: map[string]string{
			"id": "Konto", "company": "Name (Adressattyp Unternehmen)", "last": "Name (Adressattyp natürl. Person)",
			"first": "Vorname (Adressattyp natürl. Person)", "vat": "EU-UStID", "salutation": "Anrede", "title": "Titel/Akad. Grad",
			"street": "Straße", "street2": "Adresszusatz", "zip": "Postleitzahl", "city": "Ort", "country": "Land", "phone": "Telefon",
			"phone 2": "Telefon GL", "email": "E-Mail", "url": "Internet", "fax": "Fax",
			"name":    "Name (Adressattyp Unternehmen) + Vorname (Adressattyp natürl. Person) + Name (Adressattyp natürl. Person)",
			"address": "Straße + Adresszusatz",
		},
	},
	{
		name: "Xero contacts", source: "Xero Central: Import contacts into Xero, the CSV template",
		header: header(`*ContactName|AccountNumber|EmailAddress|FirstName|LastName|POAttentionTo|POAddressLine1|POAddressLine2|
			POAddressLine3|POAddressLine4|POCity|PORegion|POPostalCode|POCountry|SAAttentionTo|SAAddressLine1|SAAddressLine2|
			SAAddressLine3|SAAddressLine4|SACity|SARegion|SAPostalCode|SACountry|PhoneNumber|FaxNumber|MobileNumber|DDINumber|
			SkypeName|BankAccountName|BankAccountNumber|BankAccountParticulars|TaxNumber|AccountsReceivableTaxCodeName|
			AccountsPayableTaxCodeName|Website|Discount|CompanyNumber|DueDateBillDay|DueDateBillTerm|DueDateSalesDay|DueDateSalesTerm`),
		person: map[string]string{
			"id": "AccountNumber", "name": "*ContactName", "company": "*ContactName", "first": "FirstName", "last": "LastName",
			"email": "EmailAddress", "street": "POAddressLine1", "street2": "POAddressLine2", "city": "POCity", "state": "PORegion",
			"zip": "POPostalCode", "country": "POCountry", "phone": "PhoneNumber", "fax": "FaxNumber", "mobile": "MobileNumber",
			"vat": "TaxNumber", "url": "Website", "address": "POAddressLine1 + POAddressLine2",
		},
	},
	{
		name: "WooCommerce customers", source: "WooCommerce: Customer/Order/Coupon Export, default columns of customers",
		header: header(`customer_id|user_login|user_email|display_name|first_name|last_name|date_registered|billing_first_name|
			billing_last_name|billing_company|billing_email|billing_phone|billing_address_1|billing_address_2|billing_postcode|
			billing_city|billing_state|billing_country|shipping_first_name|shipping_last_name|shipping_company|shipping_address_1|
			shipping_address_2|shipping_postcode|shipping_city|shipping_state|shipping_country|total_spent|order_count`),
		person: map[string]string{
			"id": "customer_id", "user": "user_login", "first": "first_name", "last": "last_name", "email": "user_email",
			"company": "billing_company", "phone": "billing_phone", "street": "billing_address_1", "street2": "billing_address_2",
			"zip": "billing_postcode", "city": "billing_city", "state": "billing_state", "country": "billing_country",
			"name": "billing_company + first_name + last_name", "address": "billing_address_1 + billing_address_2",
		},
	},
	{
		name: "Salesforce contacts", source: "Salesforce Help: report on contacts and accounts, exported as details only",
		header: header(`Contact ID|Salutation|First Name|Last Name|Title|Account Name|Mailing Street|Mailing City|Mailing State/Province|
			Mailing Zip/Postal Code|Mailing Country|Other Street|Other City|Other State/Province|Other Zip/Postal Code|Other Country|
			Phone|Fax|Mobile|Home Phone|Other Phone|Assistant|Asst. Phone|Email|Department|Birthdate|Lead Source|Contact Owner|
			Created Date|Last Activity|Description`),
		person: map[string]string{
			"id": "Contact ID", "salutation": "Salutation", "first": "First Name", "last": "Last Name", "company": "Account Name",
			"street": "Mailing Street", "city": "Mailing City", "state": "Mailing State/Province", "zip": "Mailing Zip/Postal Code",
			"country": "Mailing Country", "phone": "Phone", "fax": "Fax", "mobile": "Mobile", "email": "Email",
			"name": "Account Name + First Name + Last Name", "address": "Mailing Street",
		},
	},
	{
		name: "Pipedrive people", source: "Pipedrive Knowledge Base: Exporting data, people",
		header: header(`Person - ID|Person - Name|Person - First name|Person - Last name|Person - Label|Person - Organization|
			Person - Email - Work|Person - Email - Home|Person - Email - Other|Person - Phone - Work|Person - Phone - Home|
			Person - Phone - Mobile|Person - Phone - Other|Person - Owner|Person - Open deals|Person - Next activity date|
			Person - Person created|Person - Update time|Person - Postal address|Person - City/town/village/locality of Postal address|
			Person - ZIP/Postal code of Postal address|Person - Country of Postal address|Person - Birthday|Person - Job title`),
		person: map[string]string{
			"id": "Person - ID", "name": "Person - Name", "first": "Person - First name", "last": "Person - Last name",
			"company": "Person - Organization", "email": "Person - Email - Work", "phone": "Person - Phone - Work",
			"mobile": "Person - Phone - Mobile", "street": "Person - Postal address", "address": "Person - Postal address",
			"city": "Person - City/town/village/locality of Postal address", "zip": "Person - ZIP/Postal code of Postal address",
			"country": "Person - Country of Postal address",
		},
	},
	{
		name: "Zoho CRM contacts", source: "Zoho CRM Help: Standard fields, contacts; Exporting data",
		header: header(`Record Id|Contact Owner|Lead Source|First Name|Last Name|Account Name|Vendor Name|Email|Title|Department|Phone|
			Home Phone|Other Phone|Fax|Mobile|Date of Birth|Assistant|Asst Phone|Email Opt Out|Created By|Modified By|Created Time|
			Modified Time|Contact Name|Mailing Street|Other Street|Mailing City|Other City|Mailing State|Other State|Mailing Zip|
			Other Zip|Mailing Country|Other Country|Description|Skype ID|Salutation|Secondary Email|Last Activity Time|Twitter|
			Reporting To|Unsubscribed Mode|Unsubscribed Time|Tag`),
		person: map[string]string{
			"id": "Record Id", "first": "First Name", "last": "Last Name", "company": "Account Name", "email": "Email", "phone": "Phone",
			"mobile": "Mobile", "fax": "Fax", "salutation": "Salutation", "street": "Mailing Street", "city": "Mailing City",
			"state": "Mailing State", "zip": "Mailing Zip", "country": "Mailing Country", "name": "Contact Name", "address": "Mailing Street",
		},
	},
	{
		name: "HubSpot contacts", source: "HubSpot Knowledge Base: HubSpot's default contact properties; Export your records",
		header: header(`Record ID|First Name|Last Name|Email|Phone Number|Mobile Phone Number|Fax Number|Salutation|Company Name|Job Title|
			Street Address|City|State/Region|Postal Code|Country/Region|Country/Region Code|Preferred language|Website URL|Date of birth|
			Contact owner|Lifecycle Stage|Lead Status|Create Date|Last Activity Date|Marketing contact status|Email Domain|
			Membership Notes|Industry|Gender`),
		person: map[string]string{
			"id": "Record ID", "first": "First Name", "last": "Last Name", "email": "Email", "phone": "Phone Number",
			"mobile": "Mobile Phone Number", "fax": "Fax Number", "salutation": "Salutation", "company": "Company Name",
			"street": "Street Address", "city": "City", "state": "State/Region", "zip": "Postal Code", "country": "Country/Region",
			"country code": "Country/Region Code", "language": "Preferred language", "url": "Website URL",
			"name": "Company Name + First Name + Last Name", "address": "Street Address",
		},
	},
	{
		name: "SAP Business One partners", source: "SAP Business One: Data Transfer Workbench, template BusinessPartners (OCRD)",
		header: header(`CardCode|CardName|CardType|GroupCode|Address|ZipCode|MailAddress|MailZipCode|Phone1|Phone2|Fax|ContactPerson|Notes|
			PayTermsGrpCode|CreditLimit|DiscountPercent|FederalTaxID|PriceListNum|FreeText|SalesPersonCode|Currency|Cellular|City|County|
			Country|MailCity|MailCounty|MailCountry|EmailAddress|DefaultAccount|DefaultBankCode|LanguageCode|Website|IBAN`),
		person: map[string]string{
			"id": "CardCode", "name": "CardName", "company": "CardName", "street": "Address", "zip": "ZipCode", "city": "City",
			"state": "County", "country": "Country", "phone": "Phone1", "phone 2": "Phone2", "mobile": "Cellular", "fax": "Fax", "email": "EmailAddress",
			"vat": "FederalTaxID", "language": "LanguageCode", "url": "Website", "address": "Address",
		},
	},
	{
		name: "Mailchimp audience", source: "Mailchimp Help: About exporting your contacts; View or export contacts",
		header: header(`Email Address|First Name|Last Name|Address|Phone Number|Birthday|Company|MEMBER_RATING|OPTIN_TIME|OPTIN_IP|
			CONFIRM_TIME|CONFIRM_IP|LATITUDE|LONGITUDE|GMTOFF|DSTOFF|TIMEZONE|CC|REGION|LAST_CHANGED|LEID|EUID|NOTES|TAGS`),
		person: map[string]string{
			"email": "Email Address", "first": "First Name", "last": "Last Name", "phone": "Phone Number", "company": "Company",
			"street": "Address", "address": "Address", "state": "REGION", "name": "Company + First Name + Last Name",
		},
	},
}
