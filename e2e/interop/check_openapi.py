"""The OpenAPI document of a running server is valid as OpenAPI 3.1 has it.

python check_openapi.py URL
"""

import json
import sys
from urllib.request import urlopen

from openapi_spec_validator import OpenAPIV31SpecValidator

with urlopen(f'{sys.argv[1]}/api/v1/openapi.json') as answer:
    document = json.load(answer)
assert document['openapi'].startswith('3.1.'), document['openapi']
OpenAPIV31SpecValidator(document).validate()
print('OpenAPI 3.1: in order')
