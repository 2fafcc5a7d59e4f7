package org.postern.tool;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.tcp.Rule;
import org.postern.tcp.Rules;

/**
 * {@code tcprulescheck rules.cdb}: prints the rule that tcpserver -x rules.cdb would follow for TCPREMOTEIP,
 * TCPREMOTEHOST and TCPREMOTEINFO, as ucspi-tcp 0.88. Exit 0, whatever the rule says; 100: misuse; 111: the file.
 */
public final class Tcprulescheck implements Tool {
    private static final String USAGE = "tcprulescheck: usage: tcprulescheck rules.cdb";

    @Override
    public Exit run(Invocation call) throws IOException {
        List<String> names = call.args().arguments();
        if (names.isEmpty()) {
            call.fds().log().line(USAGE);
            return Exit.code(100);
        }
        Env env = call.env();
        Optional<Rule> rule;
        try (Rules rules = Rules.open(FileName.of(call, names.getFirst()))) {
            rule = rules.find(
                    env.find("TCPREMOTEIP").orElse("0.0.0.0"), env.get("TCPREMOTEHOST"), env.get("TCPREMOTEINFO"));
        } catch (IOException e) {
            String why = Errno.djbText(e);
            call.fds().log().line("tcprulescheck: fatal: unable to read " + names.getFirst() + ": " + why);
            return Exit.code(111);
        }
        call.fds().connection().write(rule.map(Tcprulescheck::explained).orElse("default:\nallow connection\n"));
        return Exit.code(0);
    }

    private static String explained(Rule rule) {
        StringBuilder text = new StringBuilder("rule " + rule.address() + ":\n");
        for (Rule.Instruction instruction : rule.instructions()) {
            switch (instruction) {
                case Rule.Instruction.Deny deny -> {
                    return text.append("deny connection\n").toString();
                }
                case Rule.Instruction.SetVariable(String assignment) ->
                    text.append("set environment variable ").append(assignment).append('\n');
            }
        }
        return text.append("allow connection\n").toString();
    }
}
