package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * qmail-send beside a crowd of next hops that misbehave, each in its own way, by the options of Postfix's smtp-sink. Each
 * has its outcome, its line in the log with the host's own words, and harms nobody else; nothing is sent twice but where a
 * host that took the message did not say so.
 */
class MisbehavingHopIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Large enough for a host that stops reading to be noticed while it is sent. */
    private static final int LARGE = 4 << 20;

    /** What a host does (with -W and pipelining smtp-sink answers in a wrong order, hence -p), what becomes of a message, and the report behind {@code delivery N: }, a pattern. */
    private static final String HOSTS = """
            good         |                                    | success  | 127.0.0.1_accepted_message./Remote_host_said:_250_2.0.0_Ok/
            helo         | -e                                 | success  | 127.0.0.1_accepted_message./Remote_host_said:_250_.*
            cisco        | -P                                 | success  | 127.0.0.1_accepted_message./.*
            singly       | -p                                 | success  | 127.0.0.1_accepted_message./.*
            bare         | -8 -a -C -E -F -N -p               | success  | 127.0.0.1_accepted_message./Remote_host_said:_250_.*
            slow-data    | -w 1                               | success  | 127.0.0.1_accepted_message./.*
            slow-ehlo    | -W EHLO:1                          | success  | 127.0.0.1_accepted_message./.*
            slow-rcpt    | -p -W RCPT:1                       | success  | 127.0.0.1_accepted_message./.*
            slow-end     | -W .:1                             | success  | 127.0.0.1_accepted_message./.*
            large        |                                    | success  | 127.0.0.1_accepted_message./.*
            large-slow   | -H 1 -T 2000                       | success  | 127.0.0.1_accepted_message./.*
            single-use   | -n 1                               | success  | 127.0.0.1_accepted_message./.*

            drop-connect | -q CONNECT                         | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-ehlo    | -q EHLO                            | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-helo    | -e -q HELO                         | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-mail    | -q MAIL                            | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-mail-1  | -p -q MAIL                         | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-rcpt    | -q RCPT                            | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-data    | -q DATA                            | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            drop-end     | -q .                               | deferral | Connected_to_127.0.0.1_but_connection_died._Possible_duplicate!_(#4.4.2)/
            drop-quit    | -q QUIT                            | success  | 127.0.0.1_accepted_message./.*

            bye-connect  | -Q CONNECT                         | deferral | Connected_to_127.0.0.1_but_greeting_failed./Remote_host_said:_421_.*
            bye-ehlo     | -Q EHLO                            | deferral | Connected_to_127.0.0.1_but_my_name_was_rejected./Remote_host_said:_421_.*
            bye-mail     | -Q MAIL                            | deferral | Connected_to_127.0.0.1_but_sender_was_rejected./Remote_host_said:_421_.*
            bye-rcpt     | -p -Q RCPT                         | deferral | 127.0.0.1_does_not_like_recipient./Remote_host_said:_421_.*/Giving_up_on_127.0.0.1./
            bye-data     | -Q DATA                            | deferral | 127.0.0.1_failed_on_DATA_command./Remote_host_said:_421_.*
            bye-end      | -Q .                               | deferral | 127.0.0.1_failed_after_I_sent_the_message./Remote_host_said:_421_.*

            soft-connect | -r CONNECT                         | deferral | Connected_to_127.0.0.1_but_greeting_failed./Remote_host_said:_450_4.3.0_Error:_command_failed/
            soft-ehlo    | -r EHLO                            | deferral | Connected_to_127.0.0.1_but_my_name_was_rejected./Remote_host_said:_450_.*
            soft-mail    | -r MAIL                            | deferral | Connected_to_127.0.0.1_but_sender_was_rejected./Remote_host_said:_450_.*
            soft-rcpt    | -r RCPT -b "451 4.7.1 Greylisted"  | deferral | 127.0.0.1_does_not_like_recipient./Remote_host_said:_451_4.7.1_Greylisted/Giving_up_on_127.0.0.1./
            soft-data    | -r DATA                            | deferral | 127.0.0.1_failed_on_DATA_command./Remote_host_said:_450_.*
            soft-end     | -r .                               | deferral | 127.0.0.1_failed_after_I_sent_the_message./Remote_host_said:_450_.*
            soft-quit    | -r QUIT                            | success  | 127.0.0.1_accepted_message./.*

            hard-connect | -f CONNECT                         | deferral | Connected_to_127.0.0.1_but_greeting_failed./Remote_host_said:_500_5.3.0_Error:_command_failed/
            hard-ehlo    | -f EHLO                            | success  | 127.0.0.1_accepted_message./.*
            hard-hello   | -f EHLO,HELO                       | deferral | Connected_to_127.0.0.1_but_my_name_was_rejected./Remote_host_said:_500_.*
            hard-mail    | -f MAIL                            | failure  | Connected_to_127.0.0.1_but_sender_was_rejected./Remote_host_said:_500_5.3.0_Error:_command_failed/
            hard-rcpt    | -f RCPT -B "554 5.7.1 Go away"     | failure  | 127.0.0.1_does_not_like_recipient./Remote_host_said:_554_5.7.1_Go_away/Giving_up_on_127.0.0.1./
            hard-data    | -f DATA                            | failure  | 127.0.0.1_failed_on_DATA_command./Remote_host_said:_500_.*
            hard-end     | -f . -B "552 5.2.2 Mailbox full"   | failure  | 127.0.0.1_failed_after_I_sent_the_message./Remote_host_said:_552_5.2.2_Mailbox_full/
            hard-quit    | -f QUIT                            | success  | 127.0.0.1_accepted_message./.*
            early        | -A 0                               | failure  | 127.0.0.1_failed_after_I_sent_the_message./Remote_host_said:_550_.*
            early-large  | -A 0                               | failure  | 127.0.0.1_failed_after_I_sent_the_message./Remote_host_said:_550_.*

            hang-connect | -W CONNECT:99                      | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            hang-ehlo    | -W EHLO:99                         | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            hang-mail    | -p -W MAIL:99                      | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            hang-rcpt    | -p -W RCPT:99                      | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            hang-data    | -w 99                              | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            hang-text    | -H 99 -T 2000                      | deferral | Connected_to_127.0.0.1_but_connection_died._(#4.4.2)/
            hang-end     | -W .:99                            | deferral | Connected_to_127.0.0.1_but_connection_died._Possible_duplicate!_(#4.4.2)/
            hang-quit    | -W QUIT:99                         | success  | 127.0.0.1_accepted_message./.*
            """;

    private record Host(String name, List<String> options, String result, Pattern report) {
        static Host of(String line) {
            String[] parts = line.split("\\|", 4);
            List<String> options = Pattern.compile("\"([^\"]*)\"|(\\S+)")
                    .matcher(parts[1])
                    .results()
                    .map(m -> m.group(1) != null ? m.group(1) : m.group(2))
                    .toList();
            // Only .* is a pattern here.
            String report = Stream.of(parts[3].strip().split("\\.\\*", -1))
                    .map(Pattern::quote)
                    .reduce((a, b) -> a + ".*" + b)
                    .orElseThrow();
            return new Host(parts[0].strip(), options, parts[2].strip(), Pattern.compile(report));
        }

        String recipient() {
            return "x@" + name + ".test";
        }

        /** Hosts that take the whole message, whatever they say of it then. */
        boolean takes() {
            return result.equals("success") || name.endsWith("-end");
        }

        boolean refuses() {
            return result.equals("failure");
        }

        boolean isLarge() {
            return name.contains("large") || name.equals("hang-text");
        }
    }

    private static final List<Host> ALL =
            HOSTS.lines().filter(line -> !line.isBlank()).map(Host::of).toList();

    @TempDir
    Path directory;

    private final Map<String, TestingSink> sinks = new LinkedHashMap<>();

    @Test
    void eachHasItsOutcomeAndHarmsNobodyElse() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path joe = site.account("joe");
            StringBuilder routes = new StringBuilder();
            for (Host host : ALL) {
                TestingSink sink = TestingSink.start(directory.resolve(host.name), host.options.toArray(String[]::new));
                sinks.put(host.name, sink);
                routes.append(host.name)
                        .append(".test:127.0.0.1:")
                        .append(sink.port())
                        .append('\n');
            }
            sinks.values().forEach(TestingSink::awaitReady);
            site.control("smtproutes", routes.toString());
            site.control("concurrencyremote", "200\n");
            site.control("timeoutremote", "4\n");
            TestingSite.Server send = site.send();
            submit(site, "small\n", host -> !host.isLarge() && !host.refuses());
            submit(site, "small\n", host -> !host.isLarge() && host.refuses());
            String large = ("x".repeat(99) + "\n").repeat(LARGE / 100);
            submit(site, large, host -> host.isLarge() && !host.refuses());
            submit(site, large, host -> host.isLarge() && host.refuses());
            await().atMost(LIMIT).until(() -> ends(send).size() == ALL.size());

            SoftAssertions all = new SoftAssertions();
            Map<String, String> ends = ends(send);
            for (Host host : ALL) {
                all.assertThat(ends.get(host.recipient()))
                        .as(host.name)
                        .matches(Pattern.compile(host.result + ": " + host.report));
                all.assertThat(sinks.get(host.name).received("the end of it"))
                        .as("received by " + host.name)
                        .isEqualTo(host.takes() ? 1 : 0);
            }
            all.assertAll();

            // The sender is told of each failure, in the other side's words.
            await().atMost(LIMIT).until(() -> mail(joe).size() == 2); // One a message, its last recipient done.
            assertThat(String.join("", mail(joe)))
                    .contains(ALL.stream()
                            .filter(Host::refuses)
                            .map(host -> "\nFinal-Recipient: rfc822; " + host.recipient() + "\nAction: failed\n")
                            .toList())
                    .contains(
                            "\nStatus: 5.7.1\nRemote-MTA: dns; [127.0.0.1]\nDiagnostic-Code: smtp; 554 5.7.1 Go away\n",
                            "\nStatus: 5.2.2\nRemote-MTA: dns; [127.0.0.1]\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full\n");

            // Only those that were deferred are tried again.
            long deferred =
                    ALL.stream().filter(host -> host.result.equals("deferral")).count();
            TestingPrograms.succeed(
                    "kill", "-ALRM", Long.toString(send.process().pid()));
            await().atMost(LIMIT).until(() -> ended(send) == ALL.size() + deferred);
            for (Host host : ALL) {
                if (!host.result.equals("deferral")) {
                    assertThat(sinks.get(host.name).received("the end of it"))
                            .as(host.name)
                            .isLessThanOrEqualTo(1);
                }
            }
            assertThat(send.log()).doesNotContain("alert: ").doesNotContain("Unexpected_trouble");
        } finally {
            sinks.values().forEach(TestingSink::close);
        }
    }

    /** One message to many, so that each can harm the others. */
    private static void submit(TestingSite site, String body, java.util.function.Predicate<Host> to)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(TestingSite.link("sendmail"), "-fjoe@" + TestingSite.ME));
        ALL.stream().filter(to).map(Host::recipient).forEach(command::add);
        assertThat(site.run("Subject: t\n\n" + body + "the end of it\n", command.toArray(String[]::new)))
                .isEqualTo(new TestingPrograms.Outcome(0, ""));
    }

    /** By recipient: what stands behind {@code delivery N: } of its first delivery. */
    private static Map<String, String> ends(TestingSite.Server send) throws IOException {
        String log = send.log();
        Map<String, String> recipients = new LinkedHashMap<>();
        Matcher started = Pattern.compile("starting delivery (\\d+): msg \\d+ to remote (\\S+)\n")
                .matcher(log);
        while (started.find()) {
            recipients.put(started.group(1), started.group(2));
        }
        Map<String, String> ends = new LinkedHashMap<>();
        Matcher ended = Pattern.compile("delivery (\\d+): ((?:success|deferral|failure): .*)\n")
                .matcher(log);
        while (ended.find()) {
            String recipient = recipients.get(ended.group(1));
            if (recipient != null) {
                ends.putIfAbsent(recipient, ended.group(2));
            }
        }
        return ends;
    }

    private static long ended(TestingSite.Server send) throws IOException {
        String log = send.log();
        Matcher remote =
                Pattern.compile("starting delivery (\\d+): msg \\d+ to remote ").matcher(log);
        return remote.results()
                .filter(m -> log.contains("\ndelivery " + m.group(1) + ": "))
                .count();
    }

    private static List<String> mail(Path home) throws IOException {
        List<String> mail = new ArrayList<>();
        try (Stream<Path> files = Files.list(home.resolve("Maildir/new"))) {
            for (Path file : files.toList()) {
                mail.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return mail;
    }
}
