package org.postern.tool;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.postern.config.QmailControl;
import org.postern.config.RemoteSettings;
import org.postern.config.SendSettings;
import org.postern.config.SmtpdSettings;
import org.postern.os.Errno;

/** A file of qmail's control directory, as qmail-showctl tells what it says. The sentences are the original's. */
sealed interface ControlFile {
    String name();

    /** One line, without which {@code otherwise} counts; where that is empty, {@code me}. */
    record Text(String name, String otherwise, String before) implements ControlFile {}

    /** A number, without which {@code otherwise} counts. */
    record Number(String name, String otherwise, String before, String after) implements ControlFile {}

    /** Many lines; {@code without} is the sentence where there is no file. */
    record Lines(String name, String without, String before, String after) implements ControlFile {}

    /** All that our programs know, in the order of their names: a setting that is added must be added here. */
    static List<ControlFile> all() {
        SendSettings send = SendSettings.defaults("");
        return List.of(
                new Lines("badmailfrom", "Any MAIL FROM is allowed.", "", " not accepted in MAIL FROM."),
                new Text("bouncefrom", send.bouncefrom(), "Bounce user name is "),
                new Text("bouncehost", "", "Bounce host name is "),
                new Number("bouncemaxbytes", "" + send.bouncemaxbytes(), "Bounces contain messages up to ", " bytes"),
                new Number("concurrencylocal", "" + send.concurrencylocal(), "Local concurrency is ", ""),
                new Number("concurrencyremote", "" + send.concurrencyremote(), "Remote concurrency is ", ""),
                new Number("databytes", "0", "SMTP DATA limit is ", " bytes"),
                new Text("defaultdomain", "", "Default domain name is "),
                new Text("defaulthost", "", "Default host name is "),
                new Number("delaynotify", "0", "Delay notices (0: none) are sent after ", " seconds"),
                new Lines("destinationlimits", "Destinations have no limits.", "Destination limit: ", ""),
                new Lines("dkim", "Nothing is signed.", "DKIM key: ", ""),
                new Text("doublebouncehost", "", "2B recipient host: "),
                new Text("doublebounceto", send.doublebounceto(), "2B recipient user: "),
                new Number("dsn", "0", "SMTP clients may ask for notices (0: no, 1: yes): ", ""),
                new Text("envnoathost", "", "Presumed domain name is "),
                new Text("helohost", "", "SMTP client HELO host name is "),
                new Text("idhost", "", "Message-ID host name is "),
                new Text("localiphost", "", "Local IP address becomes "),
                new Lines(
                        "locals", "Messages for me are delivered locally.", "Messages for ", " are delivered locally."),
                new Number(
                        "maxbadcommands",
                        "" + SmtpdSettings.MAXBADCOMMANDS,
                        "An SMTP session may have ",
                        " bad commands"),
                new Number("maxcommand", "" + SmtpdSettings.MAXCOMMAND, "SMTP command length limit is ", " bytes"),
                new Number("maxline", "" + SmtpdSettings.MAXLINE, "SMTP text line length limit is ", " bytes"),
                new Number(
                        "maxrecipients", "" + SmtpdSettings.MAXRECIPIENTS, "An SMTP message may have ", " recipients"),
                new Text("me", "undefined! Uh-oh", "My name is "),
                new Lines(
                        "percenthack",
                        "The percent hack is not allowed.",
                        "The percent hack is allowed for user%host@",
                        "."),
                new Text("plusdomain", "", "Plus domain name is "),
                new Lines("qmqpservers", "No QMQP servers.", "Oops! Postern knows no QMQP, and asks not: ", "."),
                new Number(
                        "queuelifetime",
                        "" + send.queuelifetime().toSeconds(),
                        "Message lifetime in the queue is ",
                        " seconds"),
                new Lines(
                        "rcpthosts",
                        "SMTP clients may send messages to nobody, unless RELAYCLIENT is set.",
                        "SMTP clients may send messages to recipients at ",
                        "."),
                new Lines("morercpthosts", "No effect.", "SMTP clients may send messages to recipients at ", "."),
                new Text("smtpgreeting", "", "SMTP greeting: 220 "),
                new Lines("smtproutes", "No artificial SMTP routes.", "SMTP route: ", ""),
                new Number(
                        "timeoutconnect",
                        "" + RemoteSettings.TIMEOUTCONNECT.toSeconds(),
                        "SMTP client connection timeout is ",
                        " seconds"),
                new Number("timeoutremote", "120 to 600", "SMTP client data timeout is ", " seconds"),
                new Number(
                        "timeoutsmtpd",
                        "" + SmtpdSettings.TIMEOUTSMTPD.toSeconds(),
                        "SMTP server data timeout is ",
                        " seconds"),
                new Lines("virtualdomains", "No virtual domains.", "Virtual domain: ", ""));
    }

    /** What stands behind the name and {@code ": "}; ended by a line feed. */
    static String told(ControlFile file, QmailControl control) {
        try {
            return switch (file) {
                case Text text -> {
                    String otherwise = text.otherwise.isEmpty() ? control.me().orElse(text.name) : text.otherwise;
                    yield sentence(control.line(text.name), otherwise, text.before, "");
                }
                case Number number -> {
                    Optional<String> value = control.number(number.name).map(String::valueOf);
                    String line = control.line(number.name).orElse("");
                    yield (value.isPresent() || line.isEmpty() ? "" : "Oops! \"" + line + "\" is no number. ")
                            + sentence(value, number.otherwise, number.before, number.after);
                }
                case Lines lines -> lines(control.lines(lines.name), lines);
            };
        } catch (IOException e) {
            return "Oops! Trouble reading this file: " + Errno.djbText(e) + ".\n";
        }
    }

    private static String sentence(Optional<String> value, String otherwise, String before, String after) {
        return (value.isPresent() ? "" : "(Default.) ") + before + value.orElse(otherwise) + after + ".\n";
    }

    private static String lines(Optional<List<String>> lines, Lines file) {
        if (lines.isEmpty()) {
            return "(Default.) " + file.without + "\n";
        }
        StringBuilder told = new StringBuilder("\n");
        lines.get()
                .forEach(line ->
                        told.append(file.before).append(line).append(file.after).append('\n'));
        return told.toString();
    }
}
