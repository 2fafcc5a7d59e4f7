package org.postern.smtpd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Notify;
import org.postern.os.Octets;

/**
 * The parameters of RFC 3461 among those of a MAIL or RCPT command.
 *
 * @param first the value of RET or NOTIFY; empty where it was not given
 * @param second the value of ENVID or ORCPT; empty where it was not given
 * @param rest the command without them
 * @param objection what is wrong with them
 */
record DsnParameters(String first, String second, PathArgument rest, Optional<Reply> objection) {
    /** RFC 3461 §4.3, §4.4. */
    private static final Parameter RET = new Parameter(
            "RET", value -> DsnMail.Ret.parse(value).isPresent(), "syntax: RET=FULL or RET=HDRS (RFC 3461 4.3)");

    private static final Parameter ENVID = new Parameter(
            "ENVID",
            DsnMail::isEnvid,
            "syntax: ENVID=xtext of printable characters, at most " + DsnMail.LONGEST_ENVID + " (RFC 3461 4.4)");

    /** RFC 3461 §4.1, §4.2. */
    private static final Parameter NOTIFY = new Parameter(
            "NOTIFY",
            value -> Notify.parse(value).isPresent(),
            "syntax: NOTIFY=NEVER, or a list of SUCCESS, FAILURE, DELAY (RFC 3461 4.1)");

    private static final Parameter ORCPT = new Parameter(
            "ORCPT",
            DsnRcpt::isOrcpt,
            "syntax: ORCPT=rfc822;xtext of printable characters, at most " + DsnRcpt.LONGEST_ORCPT + " (RFC 3461 4.2)");

    private record Parameter(String keyword, Predicate<String> valid, String syntax) {
        /** The value, where the word is this parameter; a keyword without a value has an empty one. */
        Optional<String> valueIn(String word) {
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            return Octets.upperCase(name).equals(keyword)
                    ? Optional.of(equals < 0 ? "" : word.substring(equals + 1))
                    : Optional.empty();
        }
    }

    /** Those of a session that does not know them: the manners say what becomes of them. */
    static DsnParameters none(PathArgument argument) {
        return new DsnParameters("", "", argument, Optional.empty());
    }

    static DsnParameters ofMail(PathArgument from) {
        return of(from, RET, ENVID);
    }

    static DsnParameters ofRcpt(PathArgument to) {
        return of(to, NOTIFY, ORCPT);
    }

    /** What a MAIL without objection says. */
    DsnMail mail() {
        return new DsnMail(
                first.isEmpty()
                        ? DsnMail.Ret.UNSPECIFIED
                        : DsnMail.Ret.parse(first).orElseThrow(),
                second);
    }

    /** What an RCPT without objection says. */
    DsnRcpt rcpt() {
        return new DsnRcpt(
                first.isEmpty() ? Notify.UNSPECIFIED : Notify.parse(first).orElseThrow(), second);
    }

    private static DsnParameters of(PathArgument argument, Parameter first, Parameter second) {
        List<String> firsts = new ArrayList<>();
        List<String> seconds = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        for (String word : argument.parameters()) {
            Optional<String> firstValue = first.valueIn(word);
            Optional<String> secondValue = second.valueIn(word);
            firstValue.ifPresent(firsts::add);
            secondValue.ifPresent(seconds::add);
            if (firstValue.isEmpty() && secondValue.isEmpty()) {
                rest.add(word);
            }
        }
        return new DsnParameters(
                String.join("", firsts),
                String.join("", seconds),
                new PathArgument(argument.keyword(), argument.address(), rest),
                objection(first, firsts).or(() -> objection(second, seconds)));
    }

    /** RFC 3461 §4: a malformed value, and one that is given twice, is 501. */
    private static Optional<Reply> objection(Parameter parameter, List<String> values) {
        if (values.size() > 1) {
            return Optional.of(new Reply(501, "5.5.4", parameter.keyword + " is given twice"));
        }
        return values.stream().allMatch(parameter.valid)
                ? Optional.empty()
                : Optional.of(new Reply(501, "5.5.4", parameter.syntax));
    }
}
