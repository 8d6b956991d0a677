"""Pages: sign-in, and the settings of oneself, users and API keys. Every form works without JavaScript."""

from storekeeper.access.pages.me import ROUTES as ME
from storekeeper.access.pages.sign_in import ROUTES as SIGN_IN
from storekeeper.access.pages.tokens import ROUTES as TOKENS
from storekeeper.access.pages.users import ROUTES as USERS

ROUTES = [*SIGN_IN, *ME, *USERS, *TOKENS]
