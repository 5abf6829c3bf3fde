"""Documents from the catalogue: WSDL, XML Schema, JSON Schema, OpenAPI, tables. Pure functions that return text."""
