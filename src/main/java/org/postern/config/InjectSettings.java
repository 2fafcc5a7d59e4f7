package org.postern.config;

import java.io.IOException;
import java.util.Optional;

/**
 * What qmail-inject is told by its site, each under its name in qmail's control directory (qmail-inject(8)).
 *
 * @param defaulthost what addresses without a host get; default: {@code me}
 * @param defaultdomain what host names without a dot get; default: {@code me}
 * @param plusdomain what host names that end with + get; default: {@code me}
 * @param idhost the host of Message-IDs; default: {@code me}
 */
public record InjectSettings(String defaulthost, String defaultdomain, String plusdomain, String idhost) {
    /**
     * Where {@code me} is missing as well, each file's name stands for the host, as in the original.
     *
     * @param queues what the owner of the queue is called, which counts where {@code me} is missing
     */
    public static InjectSettings read(QmailControl control, Optional<String> queues) throws IOException {
        Optional<String> me = control.me().or(() -> queues);
        return new InjectSettings(
                line(control, "defaulthost", me),
                line(control, "defaultdomain", me),
                line(control, "plusdomain", me),
                line(control, "idhost", me));
    }

    private static String line(QmailControl control, String name, Optional<String> me) throws IOException {
        return control.line(name).or(() -> me).orElse(name);
    }
}
