"""What an error of the API means to the person who runs the program that met it.

A row belongs to one key of a problem; `host.texts.errors` explains those of the logger itself.
"""

from host.texts.catalogue import N_
from host.texts.errors import Explanation

API_PROBLEMS: dict[str, Explanation] = {
    "sign_in_first": Explanation(
        N_("Nobody is signed in."),
        N_("The request shows no token, and no session of a browser."),
        N_("Send the header “Authorization: Bearer …” with a token from the page “API tokens”."),
    ),
    "token_wrong": Explanation(
        N_("The token is not valid."),
        N_("It has expired, was revoked, or its user has another password."),
        N_("Create a new token on the page “API tokens”."),
    ),
    "password_first": Explanation(
        N_("A password has to be chosen first."),
        N_("The user of this request was given a password that others know."),
        N_("Sign in to the pages and choose a password."),
    ),
    "not_allowed": Explanation(
        N_("Not allowed"),
        N_("Only an administrator may do this."),
        N_("Use a token of an administrator."),
    ),
    "reads_only": Explanation(
        N_("This token may only read."),
        N_("It was created so."),
        N_("Use a token that may do what its user may."),
    ),
    "not_yourself": Explanation(
        N_("This user is you."),
        N_("Nobody changes their own role or deletes themselves; the password has its page."),
        N_("Use the page “Own password”, or ask another administrator."),
    ),
    "foreign_request": Explanation(
        N_("Refused"),
        N_("The request came from another site, or with a session and without its CSRF token."),
        N_("Use a token; then neither is asked for."),
    ),
    "not_found": Explanation(
        N_("Not found"),
        N_("There is nothing at this address, or nothing that this user may see."),
        N_("Compare the address with the description of the API."),
    ),
    "wrong_method": Explanation(
        N_("This cannot be done with this address."),
        N_("The method of the request is another than the API has here."),
        N_("Compare the method with the description of the API."),
    ),
    "not_json": Explanation(
        N_("The request is not JSON."),
        N_("It has no body, another content type, or a body that cannot be read."),
        N_("Send JSON with the header “Content-Type: application/json”."),
    ),
    "wrong_values": Explanation(
        N_("Some values cannot be."),
        N_("A value is missing, outside its range, or none that the API knows."),
        N_("Correct what “errors” names."),
    ),
    "too_large": Explanation(
        N_("Too large"),
        N_("The request is larger than 64 KB."),
        N_("Split it into several."),
    ),
    "too_fast": Explanation(
        N_("Too many requests."),
        N_("This user, or this address, asks more often than the logger can answer."),
        N_("Wait as long as “Retry-After” says, and ask less often."),
    ),
    "too_many_downloads": Explanation(
        N_("Too many downloads"),
        N_("Others are under way."),
        N_("Wait until one of them has ended and try again."),
    ),
    "name_taken": Explanation(
        N_("The name is taken."),
        N_("There is another one of this name."),
        N_("Choose another name."),
    ),
    "kind_taken": Explanation(
        N_("There is a driver template for these meters."),
        N_("A kind of meters has one template: manufacturer, version and number of records."),
        N_("Change or delete the other one; out of a file “replace” takes its place."),
    ),
    "internal": Explanation(
        N_("Something went wrong"),
        N_("This is a mistake of ours."),
        N_("The error is in the log. Try again."),
    ),
}
