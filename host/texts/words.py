"""Names of states, media and functions: key to msgid, so that code never holds a shown word."""

from typing import NamedTuple

from host.texts.catalogue import N_

STATES = {
    "ok": N_("OK"),
    "alarm": N_("Alarm"),
    "error": N_("Read error"),
    "unread": N_("Not yet read"),
}

LINK_STATES = {
    "connected": N_("Connected"),
    "connecting": N_("Connecting"),
    "not_connected": N_("Not connected"),
    "core_away": N_("Service not running"),
}

FUNCTIONS = {
    "maximum": N_("Maximum"),
    "minimum": N_("Minimum"),
    "error": N_("Value during error state"),
    "manufacturer": N_("Manufacturer data"),
}

STATUS = {
    "application_busy": N_("Busy"),
    "application_error": N_("Application error"),
    "abnormal_condition": N_("Abnormal condition"),
    "power_low": N_("Battery or supply low"),
    "permanent_error": N_("Permanent error"),
    "temporary_error": N_("Temporary error"),
    "manufacturer_5": N_("Manufacturer's bit 5"),
    "manufacturer_6": N_("Manufacturer's bit 6"),
    "manufacturer_7": N_("Manufacturer's bit 7"),
}
"""Bits of a meter's status byte (EN 13757-7:2018 Table 15), by the keys of `shared.mbus.report`."""

STATUS_NUMBERS = {
    0: N_("Logger started"),
    1: N_("M-Bus overcurrent"),
    2: N_("Cloud upload: start"),
    3: N_("Cloud upload: error"),
    4: N_("Cloud upload: done"),
    5: N_("FTP/SFTP upload: start"),
    6: N_("FTP/SFTP upload: error"),
    7: N_("FTP/SFTP upload: done"),
    8: N_("Meter: readout failed"),
    9: N_("E-mail failed"),
    10: N_("Fault on a meter"),
}
"""The kinds of status messages by their number (manual 6.8.6)."""

STATUS_MESSAGES = {
    "logger_started": N_("The logger has started."),
    "bus_overcurrent": N_("M-Bus overcurrent or short circuit: the line was switched off."),
    "bus_load_high": N_("M-Bus overcurrent is near: more flows than the line should carry."),
    "bus_voltage_wrong": N_("The M-Bus voltage is outside its limits."),
    "bus_recovered": N_("The M-Bus line is well again."),
    "cloud_upload_started": N_("The upload to the cloud has started."),
    "cloud_upload_failed": N_("The upload to the cloud failed."),
    "cloud_upload_done": N_("The upload to the cloud is done."),
    "server_upload_started": N_("The FTP/SFTP upload has started."),
    "server_upload_failed": N_("The FTP/SFTP upload failed."),
    "server_upload_done": N_("The FTP/SFTP upload is done."),
    "meter_unreadable": N_("Meter {meter}: the readout failed."),
    "mail_failed": N_("An e-mail could not be sent."),
    "meter_fault": N_("Meter {meter} reports a fault."),
}
"""What a status message says, by the keys of `shared.status_codes`."""

SEVERITIES = {"error": N_("Error"), "warning": N_("Warning"), "info": N_("Info")}

STANDINGS = {
    "new": N_("New"),
    "known": N_("Known"),
    "changed": N_("Changed"),
    "trouble": N_("Unclear"),
    "missing": N_("Not found"),
}
"""What a found meter is to the registered ones, or that one of the planned list was not found."""

PLAN_FAULTS = {
    "empty": N_("The file names no meter."),
    "not_utf8": N_("This is not UTF-8 text. Save the file as “CSV UTF-8”."),
    "no_header": N_("A line of headers is missing, with “Address” or “Serial number” in it."),
    "header_twice": N_("Two columns mean the same: {what}"),
    "quotes": N_("A quotation mark is never closed; the file may be cut off here."),
    "columns": N_("It has another number of columns than the headers: {what}"),
    "no_address": N_("Neither address nor serial number."),
    "bad_serial": N_("This is no serial number of 1 to 8 digits: {what}"),
    "bad_address": N_("This is no address (1 to 250, or 8 or 16 digits): {what}"),
    "twice": N_("This meter was named in an earlier line already: {what}"),
    "signs": N_("There are characters that cannot be printed: {what}"),
    "long": N_("A text is longer than 200 characters: {what}"),
    "too_many": N_("These are more than {what} meters."),
}
"""What is wrong with a planned list, by the keys of `host.readout.planned`."""

USER_REFUSALS = {
    "name_short": N_("The name is too short: it needs 3 characters or more."),
    "name_long": N_("The name is too long: at most 60 characters."),
    "name_signs": N_("The name may have visible characters only, and no blank at its ends."),
    "name_taken": N_("There is a user of this name already. Choose another name."),
    "password_short": N_("Password too short! It needs 3 characters or more."),
    "password_weak": N_("Password too short! This logger asks for {count} characters or more."),
    "password_long": N_("The password is too long: at most 200 characters."),
    "password_same": N_("The new password is the one before. Choose another."),
    "password_wrong": N_("The current password is wrong. Type the one you signed in with."),
    "role_unknown": N_("No role was selected! Choose one."),
    "last_administrator": N_(
        "This is the last administrator: one must remain. First make another user one."
    ),
    "user_unknown": N_("This user is no longer there. Load the list of users again."),
}
"""Why a change of users is refused (manual chapter 8), by the keys of `host.settings.accounts`."""

ROLES = {"administrator": N_("Administrator"), "standard": N_("Standard user")}

USERS_DONE = {
    "added": N_("The user was added."),
    "role": N_("The role was changed."),
    "password": N_("The password was changed. Who was signed in with the old one is signed out."),
    "deleted": N_("The user was deleted."),
}
"""What was done on the page of users, by the word in its address."""

COMMAND_LINE = N_("Command line")
FIRST_START = N_("First start")
DRIVER_TEMPLATE = N_("Driver template")
NOBODY = N_("Nobody signed in")
YES, NO = N_("yes"), N_("no")

GESTURES = {
    "enter": N_("Enter"),
    "function": N_("Function"),
    "both": N_("Both keys"),
    "enter_held": N_("Enter, held"),
    "function_held": N_("Function, held"),
    "both_held": N_("Both keys, held"),
}
"""What hands do with the two keys, by the words of `shared.link.messages`."""

CHANGES = {
    "meter.added": N_("Meter added"),
    "meter.changed": N_("Meter changed"),
    "meter.values_changed": N_("Values of a meter changed"),
    "meter.deleted": N_("Meter deleted"),
    "meter.restored": N_("Meter restored"),
    "plan.changed": N_("List of planned meters changed"),
    "settings.changed": N_("Settings changed"),
    "wizard.later": N_("Setup put off"),
    "wizard.ended": N_("Setup finished or dismissed"),
    "board.changed": N_("Logger set up"),
    "input.changed": N_("Input set"),
    "panel.pressed": N_("Key pressed"),
    "board.restarted": N_("Logger restarted"),
    "converter.on": N_("Level converter on"),
    "converter.off": N_("Level converter off"),
    "unit.added": N_("Consumer unit added"),
    "unit.changed": N_("Consumer unit changed"),
    "unit.deleted": N_("Consumer unit deleted"),
    "unit.meters_changed": N_("Meters of a consumer unit changed"),
    "unit.users_changed": N_("Users of a consumer unit changed"),
    "template.added": N_("Driver template added"),
    "template.changed": N_("Driver template changed"),
    "template.applied": N_("Driver template applied"),
    "template.deleted": N_("Driver template deleted"),
    "template.restored": N_("Driver template restored"),
    "history.redecoded": N_("History decoded again"),
    "readout.asked": N_("Meters read now"),
    "scan.started": N_("Scan started"),
    "scan.stopped": N_("Scan stopped"),
    "export.started": N_("Export started"),
    "export.stopped": N_("Export stopped"),
    "export.deleted": N_("Export deleted"),
    "sign.in": N_("Signed in"),
    "sign.out": N_("Signed out"),
    "sign.refused": N_("Sign-in refused"),
    "user.added": N_("User added"),
    "user.role_changed": N_("Role changed"),
    "user.password_set": N_("Password changed"),
    "user.language_set": N_("Language changed"),
    "user.expert_set": N_("Settings for experts shown or hidden"),
    "user.deleted": N_("User deleted"),
    "clock.set": N_("Clock set"),
    "network.tried": N_("Change of the network tried"),
    "network.taken_back": N_("Change of the network taken back"),
    "network.not_confirmed": N_("Change of the network not confirmed, taken back"),
    "network.failed": N_("Change of the network failed, taken back"),
    "token.added": N_("API token created"),
    "token.revoked": N_("API token revoked"),
    "messages.cleared": N_("Status messages deleted"),
    "messages.restored": N_("Status messages had back"),
}
"""What can be changed, by the keys of the audit."""


class Refusal(NamedTuple):
    """Why something is refused, and what to do about it: msgids."""

    what: str
    next_step: str


UNDO_REFUSALS = {
    "changed_since": Refusal(
        N_("This is not put back: it was changed again since."),
        N_("Look at the newest changes, and put back those that came after it first."),
    ),
    "not_known": Refusal(
        N_("This cannot be put back: how it was before is not known."),
        N_("Set it by hand. Passwords and the network are never put back this way."),
    ),
    "is_gone": Refusal(
        N_("This cannot be put back: what was changed is not there any more."),
        N_("Have the meter back first, if it was deleted."),
    ),
}
"""Why a change is not put back, by the keys of `host.settings.undo.REASONS`."""

NETWORK_REFUSALS = {
    "no_tool": Refusal(
        N_("The network of this computer cannot be set from here."),
        N_(
            "Neither NetworkManager nor systemd-networkd looks after it. Install NetworkManager, or"
            " set the network with the tools of this computer."
        ),
    ),
    "not_allowed": Refusal(
        N_("mbuslink may not change the network of this computer."),
        N_(
            "Run the service as root, or give its user the right to change system connections; how"
            " is told in host/README.md."
        ),
    ),
    "interface_unknown": Refusal(
        N_("This interface is not there."),
        N_("Load the page again and choose one of those that are shown."),
    ),
    "address_taken": Refusal(
        N_("This address is taken: another device or interface has it."),
        N_("Choose a free address, outside the range that the router gives by DHCP."),
    ),
    "trial_running": Refusal(
        N_("Another change waits for its confirmation."),
        N_("Keep it or take it back first."),
    ),
    "no_trial": Refusal(
        N_("No change waits for a confirmation."),
        N_("It was kept or taken back already; below stands how the network is now."),
    ),
    "not_from_there": Refusal(
        N_("A change is confirmed from the new address."),
        N_("Open this page at the new address, sign in there, and confirm."),
    ),
    "nothing_set": Refusal(
        N_("No network settings are stored."),
        N_("Fill in the form first."),
    ),
}
"""Why the network is not changed, by the keys of `host.settings.network.REASONS`."""

NETWORK_OUTCOMES = {
    "kept": N_("The network settings are kept."),
    "taken_back": N_("The change was taken back; the network is as it was."),
    "not_confirmed": N_("Nobody confirmed the change, so it was taken back."),
    "failed": N_("The change could not be made; the network is as it was."),
}
"""How a change of the network ended."""

CLOCK_REFUSALS = {
    "no_tool": Refusal(
        N_("The clock of this computer cannot be kept from here."),
        N_("Neither chrony nor systemd-timesyncd keeps it. Install chrony, then load this page."),
    ),
    "not_allowed": Refusal(
        N_("mbuslink may not set the clock of this computer."),
        N_(
            "Run the service as root, or give its user the rights; which ones is told in"
            " host/README.md."
        ),
    ),
    "ntp_on": Refusal(
        N_("The clock was not set: time servers keep it."),
        N_("Switch them off first, then set it by hand."),
    ),
    "moment_far": Refusal(
        N_("The clock was not set: this moment is too far away."),
        N_("Choose a moment of this century."),
    ),
}
"""Why the clock is not set, by the keys of `host.settings.clock.REASONS`."""

CLOCK_SAVED = N_("The time servers are saved.")
CLOCK_SET = N_("The clock is set.")
CLOCK_SLOW = N_("This clock is {span} slow.")
CLOCK_FAST = N_("This clock is {span} fast.")
TIME_TOLD = N_("answers after {delay}. {offset}")
TIME_UNTOLD = {
    "unknown_name": N_("cannot be found: no such name, or no DNS server was reached."),
    "no_answer": N_("does not answer."),
    "no_time": N_("answers, but has no right time itself."),
}
"""What came of asking a time server, by the words of the service `time.test`."""

FIELDS = {
    "name": N_("Name"),
    "description": N_("Description"),
    "users": N_("Users"),
    "address": N_("Address"),
    "count": N_("How often"),
    "clock": N_("Date and time"),
    "messages": N_("Status messages"),
    "meters": N_("Meters"),
    "serial": N_("Serial number"),
    "changed_from": N_("Meter before"),
    "active": N_("Switched on"),
    "role": N_("Role"),
    "language": N_("Language"),
    "expert": N_("Settings for experts shown"),
    "token": N_("Token"),
    "read_only": N_("May only read"),
    "expires": N_("Valid until"),
}
"""What a change names that is no setting, which have labels of their own."""
