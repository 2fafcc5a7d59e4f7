package org.postern.config;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.postern.os.Octets;

/**
 * Settings of remote delivery (qmail-remote(8)).
 *
 * @param helohost the name that EHLO and HELO give; default {@code me}
 * @param smtproutes where mail goes instead of to the mail exchangers; default none
 * @param timeoutconnect how long a connection may take to be made; default 60 s
 * @param timeoutremote how long to wait for each answer; default as RFC 5321 §4.5.3.2 has it
 * @param destinationlimits how much a destination gets; default: no limits
 * @param dkim what the site's own mail is signed with; default nothing
 */
public record RemoteSettings(
        String helohost,
        List<SmtpRoute> smtproutes,
        Duration timeoutconnect,
        SmtpTimeouts timeoutremote,
        DestinationLimits destinationlimits,
        DkimKeys dkim) {
    public static final Duration TIMEOUTCONNECT = Duration.ofSeconds(60);

    public RemoteSettings {
        smtproutes = List.copyOf(smtproutes);
        if (helohost.isEmpty() || helohost.chars().anyMatch(c -> c <= ' ' || c == 127)) {
            throw new IllegalArgumentException("helohost \"" + helohost + "\" is no host name");
        }
    }

    /** Without limits, and without keys to sign with. */
    public RemoteSettings(
            String helohost, List<SmtpRoute> smtproutes, Duration timeoutconnect, SmtpTimeouts timeoutremote) {
        this(helohost, smtproutes, timeoutconnect, timeoutremote, DestinationLimits.NONE, DkimKeys.NONE);
    }

    public static RemoteSettings of(String helohost, List<SmtpRoute> smtproutes) {
        return of(helohost, smtproutes, DestinationLimit.NONE);
    }

    /** @param each the limit of each destination whose route has none of its own */
    public static RemoteSettings of(String helohost, List<SmtpRoute> smtproutes, DestinationLimit each) {
        return new RemoteSettings(
                helohost,
                smtproutes,
                TIMEOUTCONNECT,
                SmtpTimeouts.RFC5321,
                new DestinationLimits(each, List.of()),
                DkimKeys.NONE);
    }

    public RemoteSettings withDkim(DkimKeys keys) {
        return new RemoteSettings(helohost, smtproutes, timeoutconnect, timeoutremote, destinationlimits, keys);
    }

    /**
     * The route for a domain, the longest match first: the whole name, then from each dot on, then the one for all. Of
     * two lines for the same domain the first counts. {@link SmtpRoute#NONE} where there is none.
     */
    public SmtpRoute route(String domain) {
        return longest(domain, smtproutes, SmtpRoute::domain).orElse(SmtpRoute.NONE);
    }

    private static <T> Optional<T> longest(String domain, List<T> all, Function<T, String> key) {
        if (all.isEmpty()) {
            return Optional.empty();
        }
        String name = Octets.lowerCase(domain);
        for (int i = 0; i <= name.length(); i++) {
            if (i == 0 || i == name.length() || name.charAt(i) == '.') {
                String wanted = name.substring(i);
                Optional<T> found = all.stream()
                        .filter(each -> key.apply(each).equals(wanted))
                        .findFirst();
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The destination of a domain's mail: its route, where that has limits; what a line of destinationlimits takes
     * together; its route, where that names a host; otherwise the domain.
     */
    public Place place(String domain) {
        SmtpRoute route = route(domain);
        if (route.limit().isPresent()) {
            return new Place(route.domain(), route.limit().get());
        }
        Optional<DestinationLimits.Line> line =
                longest(domain, destinationlimits.lines(), DestinationLimits.Line::domain);
        if (line.isPresent()) {
            return new Place(line.get().domain(), line.get().limit());
        }
        return new Place(route.host().isEmpty() ? Octets.lowerCase(domain) : route.domain(), destinationlimits.each());
    }

    /**
     * Reads qmail's control files helohost, me, smtproutes, timeoutconnect, timeoutremote,
     * and our destinationlimits and dkim.
     *
     * @throws SettingsException with every problem there is
     */
    public static RemoteSettings read(QmailControl control) throws IOException, SettingsException {
        List<Problem> problems = new ArrayList<>();
        Optional<String> helohost = control.line("helohost");
        if (helohost.isEmpty()) {
            helohost = control.me();
        }
        String name = helohost.orElse("");
        if (name.isEmpty() || name.chars().anyMatch(c -> c <= ' ' || c == 127)) {
            problems.add(problem(
                    control,
                    "helohost",
                    0,
                    (helohost.isEmpty() ? "missing, and me as well" : "\"" + name + "\" is no host name")
                            + ": write this host's name into me"));
        }
        List<SmtpRoute> routes = routes(control, problems);
        Duration connect = seconds(control, "timeoutconnect", "60", problems).orElse(TIMEOUTCONNECT);
        SmtpTimeouts remote = seconds(control, "timeoutremote", "2 to 10 minutes, RFC 5321 4.5.3.2", problems)
                .map(SmtpTimeouts::all)
                .orElse(SmtpTimeouts.RFC5321);
        DestinationLimits limits = DestinationLimits.read(control, problems);
        DkimKeys keys = DkimKeys.read(control, problems);
        if (!problems.isEmpty()) {
            throw new SettingsException(problems);
        }
        return new RemoteSettings(name, routes, connect, remote, limits, keys);
    }

    private static List<SmtpRoute> routes(QmailControl control, List<Problem> problems) throws IOException {
        List<SmtpRoute> routes = new ArrayList<>();
        for (QmailControl.NumberedLine line :
                control.numberedLines("smtproutes").orElse(List.of())) {
            switch (SmtpRoute.parse(line.text())) {
                case SmtpRoute.Parsed.Route good -> routes.add(good.route());
                case SmtpRoute.Parsed.Bad bad ->
                    problems.add(
                            problem(control, "smtproutes", line.number(), "\"" + line.text() + "\": " + bad.why()));
            }
        }
        return routes;
    }

    private static Optional<Duration> seconds(
            QmailControl control, String file, String otherwise, List<Problem> problems) throws IOException {
        String text = control.line(file).orElse("");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9') || Integer.parseInt(text) == 0) {
            problems.add(problem(
                    control,
                    file,
                    1,
                    "\"" + text + "\": write a number of seconds, 1 or more (default " + otherwise + ")"));
            return Optional.empty();
        }
        return Optional.of(Duration.ofSeconds(Integer.parseInt(text)));
    }

    private static Problem problem(QmailControl control, String file, int line, String what) {
        return new Problem(control.directory().resolve(file).toString(), line, "", what);
    }
}
