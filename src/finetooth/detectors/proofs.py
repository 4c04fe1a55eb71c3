"""How well a match of each Presidio recognizer is proven, and why.

Presidio gives 1.0 to whatever passed a recognizer's own check, whether that was a 256-bit digest or one digit in ten.
A gate must know the difference, so the checks are listed here with what each is worth.
"""

from __future__ import annotations

from typing import Final

STRONG: Final[dict[str, str]] = {
    "CreditCardRecognizer": "Luhn digit, an issuer's prefix and 12 to 19 digits (ISO/IEC 7812)",
    "IbanRecognizer": "two check digits modulo 97 and the country's own format (ISO 13616)",
    "CryptoRecognizer": "base58check or bech32 checksum of 30 bits and more",
    "FiPersonalIdentityCodeRecognizer": "one check character of 31 and a date of birth",
    "SePersonnummerRecognizer": "Luhn digit and a date of birth",
    "KrRrnRecognizer": "check digit and a date of birth",
    "ZaIdNumberRecognizer": "Luhn digit and a date of birth",
    "DeSocialSecurityRecognizer": "check digit, a letter and a date of birth",
    "DeTaxIdRecognizer": "check digit of ISO 7064 and the rule of repeated digits",
    "DeIdCardRecognizer": "check digit among letters of a reduced alphabet",
    "DePassportRecognizer": "the same as on identity cards",
    "DeHealthInsuranceRecognizer": "check digit after a letter",
    "ItFiscalCodeRecognizer": "check letter of 26 after six letters, a date and a town",
    "EsNifRecognizer": "check letter of 23",
    "EsNieRecognizer": "check letter of 23",
    "TrNationalIdRecognizer": "two check digits",
    "InGstinRecognizer": "check character and the state's and PAN's format",
    "SgUenRecognizer": "check letter",
    "AuAbnRecognizer": "two check digits modulo 89",
}
"""Recognizers whose check alone is proof: fewer than about one chance string in a hundred passes."""

WEAK: Final[dict[str, str]] = {
    "NhsRecognizer": "one digit modulo 11, and grouped like a phone number",
    "PlPeselRecognizer": "one digit of eleven, and a date of any of five centuries",
    "AbaRoutingRecognizer": "one digit modulo 10 of nine bare digits",
    "UsNpiRecognizer": "Luhn digit of ten bare digits",
    "MedicalLicenseRecognizer": "one digit after two letters",
    "CaSinRecognizer": "Luhn digit of nine bare digits",
    "AuAcnRecognizer": "one digit of nine",
    "AuTfnRecognizer": "one digit modulo 11 of nine",
    "AuMedicareRecognizer": "one digit of ten",
    "InAadhaarRecognizer": "Verhoeff digit of twelve",
    "NgNinRecognizer": "Verhoeff digit of eleven",
    "ThTninRecognizer": "one digit modulo 11 of thirteen",
    "PhTinRecognizer": "one digit of nine",
    "KrBrnRecognizer": "one digit of ten",
    "ItVatCodeRecognizer": "Luhn digit of eleven",
    "SeOrganisationsnummerRecognizer": "Luhn digit of ten",
    "DeLanrRecognizer": "one digit of nine",
    "DeVatIdRecognizer": "one digit of nine after DE",
}
"""Recognizers whose check every tenth number passes by chance, so that it is proof only beside a word that says so."""

VAGUE: Final[dict[str, str]] = {
    "UsBankRecognizer": "8 to 17 digits",
    "UsLicenseRecognizer": "a letter or two and some digits, as part numbers and versions have them",
    "UsHealthInsuranceMemberIdRecognizer": "some capitals and some digits",
    "InVehicleRegistrationRecognizer": "one to three capitals and four digits",
    "DePlzRecognizer": "five digits",
    "DateRecognizer": "a month and two digits are a fraction",
    "IpRecognizer": "two colons",
    "PhoneRecognizer": "digits in groups that no plan assigns",
    "CreditCardRecognizer": "digits in groups",
    "PAN (Low)": "ten characters, four of them digits",
    "SSN1 (very weak)": "five and four digits are a ZIP code",
}
"""Recognizers and patterns whose shape alone says nothing, not even that a person should look."""

STRUCTURE: Final[dict[str, str]] = {
    "EmailRecognizer": "the domain ends in a registered public suffix",
    "PhoneRecognizer": "a valid number of a national plan, written as numbers are, not as a bare run of digits",
    "UsSsnRecognizer": "3-2-4 digits with separators and no group that was never issued",
    "UsItinRecognizer": "9xx and a group of the range for ITINs, with separators",
    "IpRecognizer": "parses as an address",
    "MacAddressRecognizer": "six octets with separators",
    "UuidRecognizer": "the version and variant of RFC 9562",
    "UrlRecognizer": "has a scheme",
    "DateRecognizer": "day, month and year in order and in range",
}
"""Recognizers whose match has a form that hardly occurs by chance, where the pattern is one of :data:`FORMED`."""

FORMED: Final = frozenset(
    {
        "Email (Medium)",
        "grouped",  # PhoneRecognizer of presidio_engine: in groups, or with +
        "SSN5 (medium)",
        "Itin (medium)",
        "IPv4",
        "IPv4_mapped",
        "IPv4_embedded",
        "IPv6",
        "MAC_COLON_OR_HYPHEN",
        "MAC_CISCO_DOT",
        "UUID (hyphenated)",
        "Standard Url",
        "Datetime (yyyy-mm-ddThh:mm[:ss[.f]] with timezone)",
        "mm/dd/yyyy or mm/dd/yy",
        "dd/mm/yyyy or dd/mm/yy",
        "yyyy/mm/dd",
        "mm-dd-yyyy",
        "dd-mm-yyyy",
        "yyyy-mm-dd",
        "dd.mm.yyyy or dd.mm.yy",
    }
)
"""Names of the patterns that carry the structure; the same recognizers also have weaker ones."""
