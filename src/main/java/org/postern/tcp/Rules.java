package org.postern.tcp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.file.Cdb;

/**
 * tcpserver's rules, compiled by tcprules: who may connect, and what environment the program gets.
 *
 * <p>These are the rules of one moment; {@link RulesFile} follows every change. For any number of threads.
 */
public final class Rules implements AutoCloseable {
    private final Cdb cdb;

    private Rules(Cdb cdb) {
        this.cdb = cdb;
    }

    /** @throws IOException where the file cannot be read or is no cdb; its Errno.djbText says why */
    public static Rules open(Path cdb) throws IOException {
        return new Rules(Cdb.open(cdb));
    }

    /** Whether they are in memory, and of use after {@link #close}, too. */
    boolean areHeld() {
        return cdb.isHeld();
    }

    /** What the rules say about a connection: see {@link RulesFile#check}. */
    public Verdict check(String ip, @Nullable String host, @Nullable String info) throws IOException {
        return find(ip, host, info).map(Rule::verdict).orElse(Verdict.DEFAULT);
    }

    /** The first rule there is, by the addresses of tcprules(1) in its order. */
    public Optional<Rule> find(String ip, @Nullable String host, @Nullable String info) throws IOException {
        for (String address : RuleOrder.addresses(ip, host, info)) {
            Optional<String> data = cdb.find(address);
            if (data.isPresent()) {
                return Optional.of(Rule.decode(address, data.get()));
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        cdb.close();
    }
}
