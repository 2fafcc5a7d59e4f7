package org.postern.tcp;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.postern.file.CdbWriter;

/**
 * Compiles rules line by line into a cdb, as tcprules does, and warns of lines that cannot do what their author thought.
 * Warnings change nothing in the cdb.
 */
public final class RuleCompiler {
    /** How much of a line a warning repeats, in octets. */
    private static final int EXCERPT = 200;

    private final CdbWriter into;
    private final Consumer<String> warnings;
    private final Set<String> seen = new HashSet<>();
    private long number;

    public RuleCompiler(CdbWriter into, Consumer<String> warnings) {
        this.into = into;
        this.warnings = warnings;
    }

    /** Adds the next line; what it says says whether it was refused. */
    public RuleLine add(String octets) throws IOException {
        number++;
        RuleLine line = RuleLine.parse(octets);
        switch (line) {
            case RuleLine.Nothing nothing -> {
                // Nothing to do.
            }
            case RuleLine.NoColon(String text) -> {
                // An indented comment does what its author thought.
                if (!text.stripLeading().startsWith("#")) {
                    warn("is skipped", text, "it has no colon; write address:allow or address:deny");
                }
            }
            case RuleLine.Records records -> store(records);
            case RuleLine.Unparsable unparsable -> {
                // The caller's to say.
            }
        }
        return line;
    }

    private void store(RuleLine.Records rule) throws IOException {
        RuleAdvice.whyNever(rule).ifPresent(why -> warn("never matches", rule.line(), why));
        if (AddressRange.parse(rule.address()) instanceof AddressRange.Parsed.Range(AddressRange range)
                && range.isCut()
                && !rule.keys().isEmpty()) {
            warn("ends at 255", rule.line(), "a range goes no further; correct " + range.written());
        }
        List<String> fresh = rule.keys().stream().filter(seen::add).toList();
        if (fresh.isEmpty() && !rule.keys().isEmpty()) {
            warn("never matches", rule.line(), "an earlier line has its address, and the first wins; delete one");
        }
        if (isOpenRelay(rule)) {
            warn("makes an open relay", rule.line(), "anybody gets RELAYCLIENT; give it to your own addresses only");
        }
        for (String key : rule.keys()) {
            into.add(key, rule.data());
        }
    }

    /** The empty address is anybody's, and = anybody's who has a name. */
    private static boolean isOpenRelay(RuleLine.Records rule) {
        return (rule.address().isEmpty() || rule.address().equals("="))
                && Rule.decode(rule.address(), rule.data()).verdict() instanceof Verdict.Allow allow
                && allow.environment().containsKey("RELAYCLIENT");
    }

    private void warn(String what, String line, String why) {
        String shown = line.length() > EXCERPT ? line.substring(0, EXCERPT) + "..." : line;
        warnings.accept("line " + number + " " + what + ": " + shown.replaceAll("\\p{Cntrl}", "?") + ": " + why);
    }
}
