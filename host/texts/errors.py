"""What each error means to the person who runs the building (manual chapter 8).

A row of `EXPLANATIONS` belongs to one key of `shared.errors` (or of the host's own errors): what
happened, the probable cause, the next step. Which meter and since when are the page's to add.
"""

from typing import NamedTuple

from host.texts.catalogue import N_


class Explanation(NamedTuple):
    """The msgids for one kind of error."""

    what: str
    cause: str
    next_step: str


SENSOR_FAULTS: dict[str, Explanation] = {
    "open": Explanation(
        N_("No sensor is connected."),
        N_("A wire is broken or has come loose, or there is no sensor at this input."),
        N_("Check both wires at the terminals of the logger and at the sensor."),
    ),
    "short": Explanation(
        N_("The sensor is short-circuited."),
        N_("Its two wires touch, or water has got into the sensor or its cable."),
        N_("Take the wires off the terminals; if this stays, the fault is in the logger."),
    ),
    "range": Explanation(
        N_("The temperature is outside -20 to 100 °C."),
        N_("It is really so hot or cold, or the sensor is no PT1000."),
        N_("Check the type of the sensor: a PT1000 has 1000 ohms at 0 °C."),
    ),
    "missing": Explanation(
        N_("The temperature is not measured."),
        N_("The part of the logger that measures it does not answer."),
        N_("Restart the logger; if this stays, it has to be repaired."),
    ),
}
"""What is wrong with a temperature sensor, by its state in `host.device.inputs`."""

EXPLANATIONS: dict[str, Explanation] = {
    "no_answer": Explanation(
        N_("The meter does not answer."),
        N_(
            "It is not connected, its address is another one, or it talks at another baud rate."
            " A battery meter may also be resting."
        ),
        N_(
            "Check the wiring of the meter, its address and its baud rate; a lower baud rate often"
            " helps on long cables."
        ),
    ),
    "garbled_answer": Explanation(
        N_("The meter's answer arrived damaged."),
        N_(
            "Two meters share this address and talk at the same time, the baud rate is wrong, or"
            " the cable picks up interference."
        ),
        N_(
            "Look for addresses that were given twice, check the baud rate on the meter and the"
            " bus cable."
        ),
    ),
    "frame_error": Explanation(
        N_("The meter's answer is not a valid M-Bus telegram."),
        N_("The line is disturbed, or something else on the bus is talking."),
        N_("Read again; if it stays, check the bus cable and the devices beside this meter."),
    ),
    "decode_error": Explanation(
        N_("The meter answered, but its telegram cannot be understood."),
        N_("The meter sends a format of its own, or its telegram is encrypted."),
        N_("Look at the raw telegram; for an encrypted meter its key is needed."),
    ),
    "wrong_meter": Explanation(
        N_("Another meter answered."),
        N_("Two meters have the same address, or the meter was exchanged."),
        N_("Compare the serial number on the meter with the one here and correct the address."),
    ),
    "application_error": Explanation(
        N_("The meter reports an error instead of its values."),
        N_("It is busy, or it does not know the request (application reset, sub-code)."),
        N_("Read again later; if it stays, switch off the application reset for this meter."),
    ),
    "bad_address": Explanation(
        N_("This is not an M-Bus address."),
        N_("The address was mistyped."),
        N_("Enter a primary address from 1 to 250 or a secondary address of 8 or 16 digits."),
    ),
    "bad_setting": Explanation(
        N_("A setting is outside its range."),
        N_("A value was mistyped, or it comes from a newer version."),
        N_("Correct the setting and try again."),
    ),
    "busy": Explanation(
        N_("This is in use at the moment."),
        N_("Another readout is under way, or another program holds the port."),
        N_("Wait until it has finished and try again."),
    ),
    "link_lost": Explanation(
        N_("The connection to the logger is gone."),
        N_("Its cable was unplugged, or it has no power."),
        N_("Check cable and power of the logger; the connection comes back by itself."),
    ),
    "bus_short": Explanation(
        N_("The M-Bus line of this meter is switched off: too much current flows."),
        N_("The two wires touch somewhere, or too many meters hang on this line."),
        N_("Find the short circuit; the logger tries again by itself and goes on reading."),
    ),
    "deadline_exceeded": Explanation(
        N_("The logger did not answer in time."),
        N_("It is busy with a slow meter, or the connection is disturbed."),
        N_("Try again in a minute; if it stays, restart the logger."),
    ),
    "port_in_use": Explanation(
        N_("The port of the logger is in use."),
        N_("Another program on this computer holds it, such as a second mbuslink or mpremote."),
        N_("End that program; the connection then comes by itself."),
    ),
    "protocol_mismatch": Explanation(
        N_("The logger's firmware does not fit this program."),
        N_("One of the two was updated alone."),
        N_("Install the firmware that came with this program on the logger."),
    ),
    "remote_error": Explanation(
        N_("The request was refused."),
        N_("The other side met an error that it did not expect."),
        N_("Try again; if it stays, look into the log."),
    ),
    "core_away": Explanation(
        N_("The readout service is not running."),
        N_("It is starting, or it was stopped."),
        N_("Wait a moment; the values here are those stored last. If it stays, look into the log."),
    ),
    "system_fault": Explanation(
        N_("This computer refused the change."),
        N_("A tool of its operating system failed; what it said stands below."),
        N_("Try again; if it stays, look into the log, and at the computer itself."),
    ),
    "store_fault": Explanation(
        N_("The database cannot be read."),
        N_("Its file is missing, damaged or not readable."),
        N_("Look into the log, which names the file; put a backup in its place."),
    ),
    "scan_busy": Explanation(
        N_("A scan is under way."),
        N_("It was started on another page, with the key of the logger or on the command line."),
        N_("Wait until it has finished or stop it, then start again."),
    ),
    "converter_on": Explanation(
        N_("The level converter is switched on."),
        N_("Another program has the M-Bus, so no meter can be read or searched meanwhile."),
        N_("Switch the level converter off, then start again."),
    ),
    "bus_held": Explanation(
        N_("The M-Bus is in use."),
        N_("Something else on the logger needs it for itself at the moment."),
        N_("Wait a minute and start again; if it stays, look at the display of the logger."),
    ),
    "address_taken": Explanation(
        N_("Another meter is registered under this address."),
        N_("A primary address was given twice, or two meters have changed places."),
        N_("Delete or change the other meter first; nothing was changed here."),
    ),
    "logger_restarted": Explanation(
        N_("The logger restarted during the scan."),
        N_("It lost its power, or somebody restarted it."),
        N_("What was found until then stands below. Start the scan again for the rest."),
    ),
    "nothing_found": Explanation(
        N_("No meter was found."),
        N_("No meter is connected, one is connected wrongly, or the baud rate is another one."),
        N_("Check the wiring of the meters, then search at another baud rate too (300 or 9600)."),
    ),
    "not_all_found": Explanation(
        N_("Not all meters of the list were found."),
        N_("Two meters have the same address, or one talks at another baud rate."),
        N_(
            "Look for addresses that were given twice and check the baud rate on the meters; a"
            " lower one often helps."
        ),
    ),
    "address_twice": Explanation(
        N_("Two meters may share this address."),
        N_("They answer at the same time, so neither can be understood."),
        N_("Search by secondary address, or give one of them another primary address."),
    ),
    "no_data": Explanation(
        N_("It acknowledges but sends no data."),
        N_("It is busy, or its battery rests."),
        N_("Search again later, or add it by its address."),
    ),
    "export_busy": Explanation(
        N_("Another file is being prepared."),
        N_("One is prepared at a time, so that the readout of the meters is not slowed down."),
        N_("Wait until it is ready or stop it, then try again."),
    ),
    "export_gone": Explanation(
        N_("This file is no longer there."),
        N_("It was deleted on another page, or newer ones have taken its place."),
        N_("Prepare it again if it is still needed."),
    ),
    "export_failed": Explanation(
        N_("The file could not be prepared."),
        N_("The database or the disk did not allow it, or the program was ended."),
        N_("Try again; if it stays, look into the log."),
    ),
    "disk_full": Explanation(
        N_("The disk is full."),
        N_("The file did not fit any more; what was written of it is removed."),
        N_("Delete prepared files or free some space, then try again or choose a shorter period."),
    ),
    "alarm": Explanation(
        N_("The meter was read and reports a fault of its own."),
        N_("The meter has found a fault in itself or in its installation; its status says which."),
        N_("Look at its status and at the display of the meter; have it checked."),
    ),
    "bus_load_high": Explanation(
        N_("More current flows on the M-Bus than the line should carry."),
        N_("More meters hang on this line than it can feed, or a cable or terminal is damp."),
        N_("Move meters to another output, and check the cable before the line is switched off."),
    ),
    "bus_voltage_wrong": Explanation(
        N_("The M-Bus voltage is outside its limits."),
        N_("The power supply of the logger is too weak, or a meter or cable pulls the line down."),
        N_("Measure the logger's power supply, then take the line's cables off one by one."),
    ),
}
"""Keys as in `shared.errors`; "port_in_use", "core_away" and all after it are the host's own."""

_UNKNOWN = Explanation(
    N_("Something went wrong."),
    N_("An error occurred that this page does not know."),
    N_("Try again; if it stays, look into the log."),
)


def explain_error(key: str) -> Explanation:
    """Return the explanation of the error `key`; an unknown one gets a general one."""
    return EXPLANATIONS.get(key, _UNKNOWN)
