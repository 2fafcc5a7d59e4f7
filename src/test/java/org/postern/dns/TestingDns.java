package org.postern.dns;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** A small DNS server on loopback: zone lines in, answers out; names it was not given do not exist. */
public final class TestingDns implements AutoCloseable {
    private final DatagramSocket socket;
    private final Map<Name, List<Record>> zone = new ConcurrentHashMap<>();
    private final Map<Name, Integer> failing = new ConcurrentHashMap<>();
    private final List<Name> silent = new CopyOnWriteArrayList<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    public TestingDns() throws SocketException {
        this(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** At this address: for programs that ask DNSCACHEIP, whose port is 53. */
    public TestingDns(InetSocketAddress address) throws SocketException {
        socket = new DatagramSocket(address);
        Thread.ofPlatform().daemon().name("testing-dns").start(this::serve);
    }

    /** Adds a record: {@code example.com.}, {@code MX}, {@code 10 mail.example.com.}. */
    public TestingDns with(String name, String type, String data) throws IOException {
        Name owner = Name.fromString(name);
        Record record = Record.fromString(owner, Type.value(type), DClass.IN, 60, data, Name.root);
        zone.computeIfAbsent(owner, n -> new CopyOnWriteArrayList<>()).add(record);
        return this;
    }

    /** Answers SERVFAIL, REFUSED, … for the name. */
    public TestingDns failing(String name, int rcode) throws IOException {
        failing.put(Name.fromString(name), rcode);
        return this;
    }

    /** Does not answer for the name. */
    public TestingDns silent(String name) throws IOException {
        silent.add(Name.fromString(name));
        return this;
    }

    /** What was asked, as {@code name type}. */
    public List<String> asked() {
        return asked;
    }

    /** Patient: an answer that is late on a busy machine still comes, and nothing is asked twice. */
    public DnsSettings settings() {
        return new DnsSettings(servers(), Duration.ofSeconds(60), 1, Duration.ofSeconds(90));
    }

    /** For names that are silent: gives up soon, after two tries. */
    public DnsSettings impatientSettings() {
        return new DnsSettings(servers(), Duration.ofMillis(300), 2, Duration.ofSeconds(2));
    }

    private List<InetSocketAddress> servers() {
        return List.of((InetSocketAddress) socket.getLocalSocketAddress());
    }

    public Resolver resolver() {
        return new DnsResolver(settings());
    }

    private void serve() {
        byte[] buffer = new byte[4096];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                Message query = new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
                Record question = query.getQuestion();
                asked.add(question.getName() + " " + Type.string(question.getType()));
                if (!silent.contains(question.getName())) {
                    byte[] answer = answer(query, question).toWire();
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private Message answer(Message query, Record question) throws IOException {
        Message answer = new Message(query.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.getHeader().setFlag(Flags.RA);
        answer.addRecord(question, Section.QUESTION);
        Name name = question.getName();
        Integer rcode = failing.get(name);
        if (rcode != null) {
            answer.getHeader().setRcode(rcode);
            return answer;
        }
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < 8 && records.stream().noneMatch(r -> r.getType() == question.getType()); i++) {
            Name owner = name;
            zone.getOrDefault(owner, List.of()).stream()
                    .filter(r -> r.getType() == question.getType() || r.getType() == Type.CNAME)
                    .forEach(records::add);
            if (!records.isEmpty() && records.getLast() instanceof CNAMERecord alias) {
                name = alias.getTarget();
            } else {
                break;
            }
        }
        records.forEach(r -> answer.addRecord(r, Section.ANSWER));
        if (!zone.containsKey(name)) {
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
        }
        if (records.isEmpty()) {
            answer.addRecord(
                    new SOARecord(Name.root, DClass.IN, 1, Name.root, Name.root, 1, 1, 1, 1, 1), Section.AUTHORITY);
        }
        return answer;
    }

    @Override
    public void close() {
        socket.close();
    }
}
