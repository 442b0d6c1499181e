"""States and provinces by the two letters that tax services and carriers want, however people write them."""

_UNITED_STATES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|"
    "DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|"
    "IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|"
    "MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|"
    "NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|"
    "OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina|"
    "SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)
_CANADA = (
    "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|"
    "NT Northwest Territories|NS Nova Scotia|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|"
    "QC Québec|SK Saskatchewan|YT Yukon"
)


def _by_name(table: str) -> dict[str, str]:
    pairs = [(each[:2], each[3:]) for each in table.split("|")]
    return {name.casefold(): code for code, name in pairs} | {code.casefold(): code for code, _ in pairs}


_CODES = {"US": _by_name(_UNITED_STATES), "CA": _by_name(_CANADA)}


def state_code(state: str, country: str) -> str:
    """The two letters of a state of the USA or a province of Canada; elsewhere as it is written."""
    written = " ".join(state.replace(".", "").split())
    return _CODES.get(country, {}).get(written.casefold(), state)
