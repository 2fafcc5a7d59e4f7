package org.postern.tool;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postern.config.HostPort;
import org.postern.config.Settings;

/**
 * What to type after init: the start, and a message from the first user.
 *
 * @param launcher the file postern
 * @param file the settings
 * @param isUsual whether it is found without --config
 */
record NextSteps(Path launcher, Path file, boolean isUsual) {
    List<String> lines(Settings settings, Optional<FirstUser> first) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("Start it:");
        lines.add("");
        lines.add("    " + launcher + " serve" + (isUsual ? "" : " --config " + file));
        first.ifPresent(user -> attempt(settings, user, lines));
        return lines;
    }

    private static void attempt(Settings settings, FirstUser user, List<String> lines) {
        HostPort pop = settings.pop3d().listen().clear().getFirst();
        HostPort smtp = settings.smtpd().listen().clear().getFirst();
        boolean here = pop.address().isLoopback() && smtp.address().isLoopback();
        String tls = settings.tls().isEmpty() ? "" : " --ssl-reqd";
        String from = user.name().contains("@") ? user.name() : user.name() + "@" + settings.me();
        String password = user.isMade() ? user.password() : "";
        lines.add("");
        lines.add("Try it in another shell"
                + (here ? "" : ", of another machine: a login from this one lets nobody relay") + ". The user is "
                + user.name() + (user.isMade() ? ", the password that was made for it " + password : "") + ".");
        lines.add("");
        lines.add("    # the login, which lets the address relay for "
                + settings.relay().expiry().toMinutes() + " minutes");
        lines.add("    curl -sS" + tls + " --url pop3://" + shown(pop, settings) + "/ --user " + user.name()
                + (user.isMade() ? ":" + password : ""));
        lines.add("    # a message to the world: put your own address at the end of the line");
        lines.add(
                "    printf 'From: " + from + "\\r\\nSubject: hello\\r\\n\\r\\nSent by Postern.\\r\\n' | curl -sS" + tls
                        + " --url smtp://" + shown(smtp, settings) + " --mail-from " + from
                        + " --upload-file - --mail-rcpt YOU@ELSEWHERE");
    }

    private static String shown(HostPort address, Settings settings) {
        boolean any = address.address().inet().isAnyLocalAddress();
        return any ? settings.me() + ":" + address.port() : address.toString();
    }
}
