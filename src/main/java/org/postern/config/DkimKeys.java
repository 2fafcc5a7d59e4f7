package org.postern.config;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postern.os.Octets;

/**
 * The keys that mail is signed with, one a domain.
 *
 * @param keys in the order given
 */
public record DkimKeys(List<DkimKey> keys) {
    public static final DkimKeys NONE = new DkimKeys(List.of());

    public DkimKeys {
        keys = List.copyOf(keys);
    }

    /** The key for an address's domain, the longest match first: that domain's own, or that of one it lies below. */
    public Optional<DkimKey> of(String domain) {
        String name = Octets.lowerCase(domain);
        for (int at = 0; at >= 0; at = name.indexOf('.', at + 1)) {
            String part = name.substring(at == 0 ? 0 : at + 1);
            Optional<DkimKey> found =
                    keys.stream().filter(key -> key.domain().equals(part)).findFirst();
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** Reads the lines {@code domain:selector:file} of {@code control/dkim}; a relative file lies in control. */
    static DkimKeys read(QmailControl control, List<Problem> problems) throws IOException {
        List<DkimKey> keys = new ArrayList<>();
        for (QmailControl.NumberedLine line : control.numberedLines("dkim").orElse(List.of())) {
            String[] parts = line.text().split(":", 3);
            Optional<String> wrong = parts.length < 3 || parts[2].isEmpty()
                    ? Optional.of("write domain:selector:file")
                    : objection(keys, parts);
            if (wrong.isPresent()) {
                String file = control.directory().resolve("dkim").toString();
                problems.add(new Problem(file, line.number(), "", "\"" + line.text() + "\": " + wrong.get()));
            } else {
                keys.add(key(parts, control.directory()));
            }
        }
        return new DkimKeys(keys);
    }

    private static Optional<String> objection(List<DkimKey> others, String[] parts) {
        parts[0] = Octets.lowerCase(parts[0]);
        parts[1] = Octets.lowerCase(parts[1]);
        return others.stream().anyMatch(key -> key.domain().equals(parts[0]))
                ? Optional.of("the domain has another key above: keep one of them")
                : DkimKey.objectionToDomain(parts[0])
                        .map(why -> "the domain " + why)
                        .or(() -> DkimKey.objectionToSelector(parts[1]).map(why -> "the selector " + why));
    }

    private static DkimKey key(String[] parts, Path directory) {
        try {
            Path file = directory.resolve(Octets.path(parts[2]));
            return new DkimKey.Usable(parts[0], parts[1], DkimKeyFile.read(file));
        } catch (IOException | InvalidPathException e) {
            return new DkimKey.Broken(parts[0], parts[1], parts[2] + ": " + e.getMessage());
        }
    }
}
