package org.postern.tool;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.postern.chain.Env;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Notify;

/**
 * What the sender of a message wants to hear of it (RFC 3461), as sendmail tells qmail-inject: in the environment, since a
 * foreign qmail-inject has no options for it.
 */
record InjectDsn(DsnMail mail, DsnRcpt each) {
    /** sendmail -N. */
    static final String NOTIFY = "QMAILNOTIFY";

    /** sendmail -R. */
    static final String RET = "QMAILRET";

    /** sendmail -V. */
    static final String ENVID = "QMAILENVID";

    /** The value of the variable is none. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        private final String what;

        Malformed(String what) {
            super(what, null, false, false);
            this.what = what;
        }

        String what() {
            return what;
        }
    }

    static InjectDsn of(Env env) throws Malformed {
        Notify wanted = read(env, NOTIFY, "NEVER, or a list of SUCCESS, FAILURE, DELAY", Notify::parse)
                .orElse(Notify.UNSPECIFIED);
        DsnMail.Ret ret = read(env, RET, "FULL or HDRS", DsnMail.Ret::parse).orElse(DsnMail.Ret.UNSPECIFIED);
        String envid = read(
                        env,
                        ENVID,
                        "xtext, at most " + DsnMail.LONGEST_ENVID + " characters",
                        value -> Optional.of(value).filter(DsnMail::isEnvid))
                .orElse("");
        return new InjectDsn(new DsnMail(ret, envid), new DsnRcpt(wanted, ""));
    }

    private static <T> Optional<T> read(Env env, String name, String form, Function<String, Optional<T>> parse)
            throws Malformed {
        String value = env.get(name);
        if (value == null) {
            return Optional.empty();
        }
        Optional<T> read = parse.apply(value);
        if (read.isEmpty()) {
            throw new Malformed(name + " is " + value.replace('\n', '?') + ": it must be " + form);
        }
        return read;
    }

    Envelope envelope(String sender, List<String> recipients) {
        return new Envelope(sender, recipients, mail, Collections.nCopies(recipients.size(), each));
    }
}
