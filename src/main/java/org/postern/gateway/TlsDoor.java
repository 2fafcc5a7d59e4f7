package org.postern.gateway;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.config.TlsFiles;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.os.Octets;
import org.postern.tcp.TlsServer;
import org.postern.tcp.TlsWire;

/** TLS for all listeners: handshakes, told where they fail, and certificates that are taken anew when their files change. */
final class TlsDoor {
    /** How long a client may be silent in a handshake. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private List<TlsFiles> files;
    private final TlsServer server;
    private final Events events;
    private List<Version> versions;

    /** What is seen of a file from outside. */
    private record Version(Path file, @Nullable FileTime changed, long size) {
        static Version of(Path file) {
            try {
                return new Version(file, Files.getLastModifiedTime(file), Files.size(file));
            } catch (IOException e) {
                return new Version(file, null, 0);
            }
        }
    }

    /**
     * Reads the certificates.
     *
     * @param files one at least
     * @throws IOException where one cannot be used
     */
    TlsDoor(List<TlsFiles> files, Events events) throws IOException {
        this.files = List.copyOf(files);
        this.events = events;
        versions = versions();
        server = new TlsServer(read(this.files));
    }

    /**
     * Takes these, changed or not; sessions that clients have kept stay resumable.
     *
     * @throws IOException where one cannot be used; all stay as they are then
     */
    synchronized void take(List<TlsFiles> changed) throws IOException {
        List<TlsServer.Certificate> certificates = read(changed);
        if (!changed.equals(files) || !versions().equals(versions)) {
            files = List.copyOf(changed);
            versions = versions();
            server.replace(certificates);
            events.tell(new Event.Note("tls: certificates read anew"));
        }
    }

    private static List<TlsServer.Certificate> read(List<TlsFiles> files) throws IOException {
        List<TlsServer.Certificate> certificates = new ArrayList<>();
        for (TlsFiles each : files) {
            certificates.add(each.read());
        }
        return certificates;
    }

    private List<Version> versions() {
        List<Version> all = new ArrayList<>();
        for (TlsFiles each : files) {
            all.add(Version.of(each.certificate()));
            all.add(Version.of(each.key()));
        }
        return all;
    }

    /**
     * Looks whether a file has changed, and takes what is in them. Where a certificate cannot be used, all stay as they are;
     * that is told once for each change.
     */
    synchronized void look() {
        List<Version> now = versions();
        if (now.equals(versions)) {
            return;
        }
        versions = now;
        try {
            server.replace(read(files));
            events.tell(new Event.Note("tls: certificates read anew"));
        } catch (IOException e) {
            events.tell(new Event.Trouble("tls: the certificates stay as they were: " + e.getMessage()));
        }
    }

    /** Does the handshake with a client of a session. */
    TlsWire handshake(SocketChannel channel, String protocol, long id) throws IOException {
        try {
            return server.handshake(channel, LIMIT);
        } catch (IOException e) {
            events.tell(new Event.Note(
                    protocol + " " + id + ": TLS handshake failed: " + Octets.word(String.valueOf(e.getMessage()))));
            throw e;
        }
    }
}
