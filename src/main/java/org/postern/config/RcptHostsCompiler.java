package org.postern.config;

import java.io.IOException;
import java.util.function.Consumer;
import org.postern.file.CdbWriter;
import org.postern.os.Octets;

/**
 * Compiles control/morercpthosts line by line into a cdb, octet for octet as the original's qmail-newmrh: a name in lower
 * case is a key without a value. Warns of lines that can never match; warnings change nothing in the cdb.
 */
public final class RcptHostsCompiler {
    private final CdbWriter into;
    private final Consumer<String> warnings;
    private long number;

    /** @param warnings is given each without the file's name */
    public RcptHostsCompiler(CdbWriter into, Consumer<String> warnings) {
        this.into = into;
        this.warnings = warnings;
    }

    /** Adds the next line, given without its line feed. Empty ones and those that begin with # do not count. */
    public void add(String line) throws IOException {
        number++;
        String name = QmailControl.cut(Octets.lowerCase(line));
        if (name.isEmpty() || name.charAt(0) == '#') {
            return;
        }
        if (name.chars().anyMatch(c -> c <= ' ' || c == '@' || c == ':' || c == '*')) {
            warnings.accept("line " + number + ": " + Octets.word(name)
                    + " never matches: write one domain a line, example.com, or .example.com for all below it");
        }
        into.add(name, "");
    }
}
