package org.postern.users;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.postern.file.CdbWriter;
import org.postern.os.Octets;

/**
 * Compiles users/assign line by line into a cdb, octet for octet as the original's qmail-newu, and warns of lines that
 * cannot do what their author thought. Warnings change nothing in the cdb.
 *
 * <p>The cdb: {@code =joe} is the key {@code !joe} and a NUL, {@code +joe-} the key {@code !joe-}, both in lower case. The
 * last record has the empty key and the octets that wildcards end in: only behind one of these a look-up tries one.
 */
public final class AssignCompiler {
    private final CdbWriter into;
    private final Consumer<String> warnings;
    private final StringBuilder breaks = new StringBuilder();
    private final Map<String, Long> seen = new HashMap<>();
    private long number;

    /** @param warnings is given each without the file's name */
    public AssignCompiler(CdbWriter into, Consumer<String> warnings) {
        this.into = into;
        this.warnings = warnings;
    }

    /** Adds the next line, given without its line feed; what it says says whether it was refused, or the last. */
    public AssignLine add(String octets) throws IOException {
        number++;
        AssignLine line = AssignLine.parse(octets);
        switch (line) {
            case AssignLine.Assigns assigns -> store(assigns);
            case AssignLine.End _ -> into.add("", breaks.toString());
            case AssignLine.Malformed _ -> {
                // The caller's to say.
            }
        }
        return line;
    }

    private void store(AssignLine.Assigns line) throws IOException {
        String shown = line.sign() + line.address();
        if (line.sign() != '=' && !line.isWildcard()) {
            warn(shown, "it begins with neither = nor + and is taken for =; there are no comments, so delete it");
        }
        Long before = seen.putIfAbsent(line.key(), number);
        if (before != null) {
            warn(shown, "it never counts, since line " + before + " has its address; delete one");
        }
        switch (Assignment.parse(line.value(), true, "")) {
            case Assignment.Parsed.Bad(String why) -> warn(shown, why + ", so mail for it has to wait");
            case Assignment.Parsed.Good(Assignment good) -> {
                if (good.uid() == 0) {
                    warn(shown, "uid 0 gets no mail, so it has to wait; name another user");
                }
            }
        }
        if (line.isWildcard() && !line.address().isEmpty()) {
            String last = line.address().substring(line.address().length() - 1);
            if (breaks.indexOf(last) < 0) {
                breaks.append(last);
            }
        }
        into.add(line.key(), line.value());
    }

    private void warn(String shown, String why) {
        warnings.accept("line " + number + ": " + Octets.word(shown) + ": " + why);
    }
}
