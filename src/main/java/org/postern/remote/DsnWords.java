package org.postern.remote;

import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;

/** What a sender said of notices, passed on to a host that offers DSN with the values it had (RFC 3461 §5.2.1). */
final class DsnWords {
    private DsnWords() {}

    /** Parameters of MAIL, each with a blank before it. */
    static String ofMail(DsnMail dsn) {
        return (dsn.ret() == DsnMail.Ret.UNSPECIFIED ? "" : " RET=" + dsn.ret())
                + (dsn.envid().isEmpty() ? "" : " ENVID=" + dsn.envid());
    }

    /** Parameters of RCPT. */
    static String ofRcpt(DsnRcpt dsn) {
        return (dsn.wanted().given() ? " NOTIFY=" + dsn.wanted() : "")
                + (dsn.orcpt().isEmpty() ? "" : " ORCPT=" + dsn.orcpt());
    }
}
