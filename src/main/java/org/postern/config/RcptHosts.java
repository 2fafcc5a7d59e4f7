package org.postern.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.os.Octets;

/**
 * The domains that mail is taken for from anyone: rcpthosts, and morercpthosts.cdb for sites with many. {@code
 * heaven.af.mil} is the host itself, {@code .heaven.af.mil} all names below it (qmail-smtpd(8)).
 *
 * @param names the lines of rcpthosts, lower case
 * @param more further names, lower case
 * @param missing whether there is no rcpthosts at all. The original then takes mail for every domain; for us the list is
 *     empty, and whoever starts a server says so in its log
 */
public record RcptHosts(Set<String> names, More more, boolean missing) {
    /** Names that are looked up instead of held. */
    @FunctionalInterface
    public interface More {
        boolean containsAny(List<String> names) throws IOException;
    }

    public RcptHosts {
        names = Set.copyOf(names);
    }

    public static RcptHosts of(String... names) {
        return of(List.of(names));
    }

    public static RcptHosts of(List<String> names) {
        return new RcptHosts(SmtpdSettings.lowerCased(names), above -> false, false);
    }

    static RcptHosts read(QmailControl control) throws IOException {
        Optional<List<String>> lines = control.lines("rcpthosts");
        if (lines.isEmpty()) {
            return new RcptHosts(Set.of(), names -> false, true);
        }
        Path cdb = control.directory().resolve("morercpthosts.cdb");
        control.reads().file(cdb);
        More more = MoreRcptHosts.isThere(cdb) ? new MoreRcptHosts(cdb) : names -> false;
        return new RcptHosts(SmtpdSettings.lowerCased(lines.get()), more, false);
    }

    /**
     * Whether the domain, or a domain that it lies below, is listed.
     *
     * @throws IOException where morercpthosts.cdb cannot be read
     */
    public boolean allows(String domain) throws IOException {
        List<String> above = above(Octets.lowerCase(domain));
        return above.stream().anyMatch(names::contains) || more.containsAny(above);
    }

    /** The name itself and the domains it lies below: a.b.c, .b.c, .c. */
    private static List<String> above(String name) {
        List<String> above = new ArrayList<>();
        for (int at = 0; at >= 0 && at < name.length(); at = name.indexOf('.', at + 1)) {
            above.add(name.substring(at));
        }
        return above;
    }
}
