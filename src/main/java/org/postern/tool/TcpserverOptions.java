package org.postern.tool;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.postern.chain.Args;
import org.postern.tool.Options.Option;

/**
 * tcpserver's command line.
 *
 * @param verbosity 0 quiet (-q), 1 errors (-Q), 2 all (-v)
 * @param lookUpHost -h: TCPREMOTEHOST
 * @param paranoid -p: that name must lead back to the address
 * @param lookUpInfo -r: TCPREMOTEINFO
 * @param infoLimit -t
 * @param localName -l; empty: look it up
 * @param uid -u, or UID with -U; 0: stay
 * @param gid -g, or GID with -U; 0: stay
 * @param limit -c: sessions at a time
 * @param backlog -b
 * @param rules -x: the compiled rules
 * @param rulesMayMiss -X
 * @param banner -B, octets
 * @param printPort -1
 * @param killIpOptions -O, the default, as the original's manual has it; Debian's build asks Linux for something else
 * @param noDelay -D
 * @param alwaysV6 -6 of ucspi-tcp-ipv6: IPv6 words in the environment for IPv4 clients, too
 * @param networkInterface -I of ucspi-tcp-ipv6: for link-local addresses
 * @param host where to listen
 * @param port where to listen: a number or a service's name
 * @param program what to run, with its arguments
 */
record TcpserverOptions(
        int verbosity,
        boolean lookUpHost,
        boolean paranoid,
        boolean lookUpInfo,
        Duration infoLimit,
        Optional<String> localName,
        int uid,
        int gid,
        int limit,
        int backlog,
        Optional<String> rules,
        boolean rulesMayMiss,
        String banner,
        boolean printPort,
        boolean killIpOptions,
        boolean noDelay,
        boolean alwaysV6,
        Optional<String> networkInterface,
        String host,
        String port,
        Args program) {

    /** The record of the originals, word for word; -4, -6 and -I are taken as well. */
    static final String USAGE = "tcpserver: usage: tcpserver [ -1UXpPhHrRoOdDqQv ] [ -c limit ] [ -x rules.cdb ]"
            + " [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ] [ -l localname ] [ -t timeout ] host port program";

    /** ucspi-tcp has 20, with which 64 clients at once can hang for good: design, 11. */
    private static final int BACKLOG = 1024;

    static final String HOST_DEFAULT = "0";

    private static final long LARGEST_ID = 0xffff_fffeL;

    private static final long MANY = 1L << 40;

    /** A command line that says too little, or what is not known: exit 100. */
    static final class Misused extends Exception {
        private static final long serialVersionUID = 1L;

        /** Whether it is said: what is missing behind -q is not. */
        final boolean said;

        Misused(String message, boolean said) {
            super(message);
            this.said = said;
        }
    }

    /**
     * Reads a command line.
     *
     * @param uid the environment's UID, for -U
     * @param gid the environment's GID, for -U
     */
    static TcpserverOptions parse(List<String> arguments, String uid, String gid) throws Misused {
        Reading r = new Reading();
        Options options = new Options(arguments, "ctuglbBxI");
        for (Optional<Option> option = options.next(); option.isPresent(); option = options.next()) {
            switch (option.get()) {
                case Option.Flag(char letter) -> r.flag(letter, uid, gid);
                case Option.Valued(char letter, String value) -> r.valued(letter, value);
                case Option.NoValue(char letter) ->
                    throw new Misused("tcpserver: option requires an argument -- " + letter + "\n" + USAGE, true);
            }
        }
        List<String> operands = options.operands();
        if (operands.size() < 3) {
            throw new Misused(USAGE, r.verbosity > 0);
        }
        r.host = operands.get(0).isEmpty() ? HOST_DEFAULT : operands.get(0);
        r.port = operands.get(1);
        return r.options(new Args(operands.subList(2, operands.size())));
    }

    /** The options as they are read, each with its default. */
    private static final class Reading {
        int verbosity = 1;
        boolean lookUpHost = true;
        boolean paranoid;
        boolean lookUpInfo = true;
        int infoSeconds = 26;
        Optional<String> localName = Optional.empty();
        int uid;
        int gid;
        int limit = 40;
        int backlog = BACKLOG;
        Optional<String> rules = Optional.empty();
        boolean rulesMayMiss;
        String banner = "";
        boolean printPort;
        boolean killIpOptions = true;
        boolean noDelay;
        boolean alwaysV6;
        Optional<String> networkInterface = Optional.empty();
        String host = HOST_DEFAULT;
        String port = "";

        void flag(char option, String uidVariable, String gidVariable) throws Misused {
            switch (option) {
                case '1' -> printPort = true;
                case 'U' -> {
                    uid = id(option, uidVariable);
                    gid = id(option, gidVariable);
                }
                case 'X' -> rulesMayMiss = true;
                case 'p' -> paranoid = true;
                case 'P' -> paranoid = false;
                case 'h' -> lookUpHost = true;
                case 'H' -> lookUpHost = false;
                case 'r' -> lookUpInfo = true;
                case 'R' -> lookUpInfo = false;
                case 'o' -> killIpOptions = false;
                case 'O' -> killIpOptions = true;
                case 'd' -> noDelay = false;
                case 'D' -> noDelay = true;
                case 'q' -> verbosity = 0;
                case 'Q' -> verbosity = 1;
                case 'v' -> verbosity = 2;
                case '4' -> alwaysV6 = false;
                case '6' -> alwaysV6 = true;
                default -> throw new Misused("tcpserver: illegal option -- " + option + "\n" + USAGE, true);
            }
        }

        void valued(char option, String value) throws Misused {
            switch (option) {
                case 'c' -> limit = Math.max(1, number(value));
                case 't' -> infoSeconds = number(value);
                case 'u' -> uid = id(option, value);
                case 'g' -> gid = id(option, value);
                case 'l' -> localName = Optional.of(value);
                case 'b' -> backlog = number(value);
                case 'B' -> banner = value;
                case 'x' -> rules = Optional.of(value);
                default -> networkInterface = Optional.of(value);
            }
        }

        /**
         * A uid or gid. Where theirs takes what is no number for 0, and so stays root ({@code -u "$(id -u nobody)"} on a
         * machine without that account), it is refused.
         */
        private static int id(char option, String text) throws Misused {
            long id = leading(text);
            if (text.isEmpty() || text.charAt(0) < '0' || text.charAt(0) > '9' || id > LARGEST_ID) {
                throw new Misused("tcpserver: fatal: -" + option + " has no number: \"" + text + "\"", true);
            }
            return (int) id;
        }

        /** As {@link #leading}, and no more than an int has. */
        private static int number(String text) {
            return (int) Math.min(leading(text), Integer.MAX_VALUE);
        }

        /** scan_ulong: the digits it begins with; {@link #MANY} where they say more. */
        private static long leading(String text) {
            long value = 0;
            for (int i = 0; i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9'; i++) {
                value = Math.min(value * 10 + (text.charAt(i) - '0'), MANY);
            }
            return value;
        }

        TcpserverOptions options(Args program) {
            return new TcpserverOptions(
                    verbosity,
                    lookUpHost,
                    paranoid,
                    lookUpInfo,
                    Duration.ofSeconds(infoSeconds),
                    localName,
                    uid,
                    gid,
                    limit,
                    backlog,
                    rules,
                    rulesMayMiss,
                    banner,
                    printPort,
                    killIpOptions,
                    noDelay,
                    alwaysV6,
                    networkInterface,
                    host,
                    port,
                    program);
        }
    }
}
