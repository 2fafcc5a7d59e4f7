package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.postern.chain.Children;
import org.postern.chain.Programs;
import org.postern.chain.Tool;
import org.postern.chain.Trampoline;
import org.postern.dns.DnsResolver;
import org.postern.dns.DnsSettings;
import org.postern.file.Disk;
import org.postern.os.Identity;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.QueueDirectory;

/** The command table: every program by its name. Each is made once, when it is first wanted. */
final class Tools {
    /** The programs that {@code postern links} makes links for. */
    static final List<String> NAMES = List.of(
            "bouncesaying",
            "checkpassword",
            "condredirect",
            "envdir",
            "except",
            "forward",
            "maildirmake",
            "preline",
            "qmail-inject",
            "qmail-newmrh",
            "qmail-newu",
            "qmail-pop3d",
            "qmail-popup",
            "qmail-qread",
            "qmail-qstat",
            "qmail-queue",
            "qmail-send",
            "qmail-showctl",
            "qmail-smtpd",
            "qmail-start",
            "qmail-tcpok",
            "qmail-tcpto",
            "relay-ctrl-age",
            "relay-ctrl-allow",
            "relay-ctrl-chdir",
            "relay-ctrl-check",
            "relay-ctrl-send",
            "relay-ctrl-udp",
            "sendmail",
            "splogger",
            "tcprules",
            "tcprulescheck",
            "tcpserver");

    /**
     * Programs for lines of .qmail files. Their names are words that may be any program's argument; in the line of a
     * server they are never the next program.
     */
    private static final Set<String> DOT_QMAIL = Set.of("bouncesaying", "condredirect", "except", "forward", "preline");

    /** What sendmail is also called as: links to it that a site makes. */
    private static final Set<String> SENDMAIL = Set.of("mailq", "newaliases");

    private final Path launcher;
    private final Identity self;
    private final Programs programs;
    private final Trampoline chain;
    private final Subprogram subprogram;
    private final ConcurrentHashMap<String, Tool> made = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<QueueDirectory, Intake> queues = new ConcurrentHashMap<>();

    /**
     * Knows the programs; makes none yet.
     *
     * @param launcher where our links lead to
     * @param self whose rights this process has
     */
    Tools(Path launcher, Identity self) throws IOException {
        this.launcher = launcher;
        this.self = self;
        this.programs = new Programs(this::find, launcher);
        Set<String> variables = Set.copyOf(Main.DESCRIPTOR_VARIABLES);
        this.chain = new Trampoline(programs, new Children(programs, variables, Predicate.not(DOT_QMAIL::contains)));
        this.subprogram =
                Subprogram.by(programs, new Trampoline(programs, new Children(programs, variables, _ -> false)));
    }

    Path launcher() {
        return launcher;
    }

    Identity self() {
        return self;
    }

    Programs programs() {
        return programs;
    }

    /** The chain for programs that are parents: their children run in this process where they are ours. */
    Trampoline chain() {
        return chain;
    }

    Optional<Tool> find(String called) {
        String name = SENDMAIL.contains(called) ? "sendmail" : called;
        Tool tool = made.get(name);
        if (tool == null) {
            if (!NAMES.contains(name)) {
                return Optional.empty();
            }
            Tool fresh = make(name);
            Tool before = made.putIfAbsent(name, fresh);
            tool = before == null ? fresh : before;
        }
        return Optional.of(tool);
    }

    private Tool make(String name) {
        return switch (name) {
            case "bouncesaying" -> new Bouncesaying(subprogram);
            case "checkpassword" -> new Checkpassword();
            case "condredirect" -> new Condredirect(subprogram);
            case "envdir" -> new Envdir();
            case "except" -> new Except(subprogram);
            case "forward" -> new Forward();
            case "maildirmake" -> new Maildirmake();
            case "preline" -> new Preline(subprogram);
            case "qmail-inject" -> new QmailInject(InstantSource.system());
            case "qmail-newmrh" -> new QmailNewmrh(Disk.real());
            case "qmail-newu" -> new QmailNewu(Disk.real());
            case "qmail-pop3d" -> new QmailPop3d();
            case "qmail-popup" -> new QmailPopup(chain.endingWhereNotRun(1), StaysHere.by(programs));
            case "qmail-qread" -> new QmailQread();
            case "qmail-qstat" -> new QmailQstat();
            case "qmail-queue" -> new QmailQueue();
            case "qmail-send" -> new QmailSend(new SystemParts());
            case "qmail-showctl" -> new QmailShowctl(new SystemParts()::submitters);
            case "qmail-smtpd" -> new QmailSmtpd(this::queue, new SystemParts(), InstantSource.system());
            case "qmail-start" -> new QmailStart(chain, new QmailSend(new SystemParts()));
            case "qmail-tcpok" -> new QmailTcpok();
            case "qmail-tcpto" -> new QmailTcpto(InstantSource.system());
            case "relay-ctrl-age" -> new RelayCtrlAge();
            case "relay-ctrl-allow" -> new RelayCtrlAllow();
            case "relay-ctrl-chdir" -> new RelayCtrlChdir();
            case "relay-ctrl-check" -> new RelayCtrlCheck();
            case "relay-ctrl-send" -> new RelayCtrlSend();
            case "relay-ctrl-udp" -> new RelayCtrlUdp();
            case "sendmail" -> new Sendmail(this::find);
            case "splogger" -> new Splogger();
            case "tcprules" -> new Tcprules(Disk.real());
            case "tcprulescheck" -> new Tcprulescheck();
            case "tcpserver" ->
                new Tcpserver(programs, chain, cache -> new DnsResolver(DnsSettings.ofDnsCacheIp(cache)));
            default -> throw new IllegalStateException(name + " is in NAMES and not made");
        };
    }

    /** One for each queue, so that the messages of all sessions share their syncs. */
    private Intake queue(QueueDirectory directory) {
        return queues.computeIfAbsent(directory, d -> UserQueue.of(d, Origin.NETWORK));
    }
}
