package org.postern.tcp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A rule as it lies in the cdb: under its address, its instructions, each with a NUL behind it. {@code D} denies, {@code
 * +NAME=value} sets a variable; none of either allows.
 *
 * @param address what the rule is for, as written
 */
public record Rule(String address, List<Instruction> instructions) {
    public Rule {
        instructions = List.copyOf(instructions);
    }

    /** Something a rule says. */
    public sealed interface Instruction {
        record Deny() implements Instruction {}

        /**
         * Sets a variable.
         *
         * @param assignment {@code NAME=value}; without the {@code =} it has no effect
         */
        record SetVariable(String assignment) implements Instruction {}
    }

    /** Reads a record. Other instructions than the two, and an end without NUL, are passed over as by tcpserver. */
    static Rule decode(String address, String data) {
        List<Instruction> instructions = new ArrayList<>();
        int from = 0;
        for (int nul = data.indexOf('\0'); nul >= 0; nul = data.indexOf('\0', from)) {
            switch (data.charAt(from)) {
                case 'D' -> instructions.add(new Instruction.Deny());
                case '+' -> instructions.add(new Instruction.SetVariable(data.substring(from + 1, nul)));
                default -> {
                    // For a later tcpserver.
                }
            }
            from = nul + 1;
        }
        return new Rule(address, instructions);
    }

    /** What follows from all instructions together. */
    public Verdict verdict() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (Instruction instruction : instructions) {
            switch (instruction) {
                case Instruction.Deny deny -> {
                    return new Verdict.Deny(address);
                }
                case Instruction.SetVariable(String assignment) -> {
                    int equals = assignment.indexOf('=');
                    if (equals >= 0) {
                        environment.put(assignment.substring(0, equals), assignment.substring(equals + 1));
                    }
                }
            }
        }
        return new Verdict.Allow(address, environment);
    }
}
