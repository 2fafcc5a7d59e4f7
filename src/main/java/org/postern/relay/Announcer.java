package org.postern.relay;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;

/**
 * Tells other machines that an address may relay, in relay-ctrl-send's wire: one datagram with the address as text, to
 * be answered by one octet 0x01. Nothing is authenticated: for a private link only.
 *
 * @param port where the receivers listen
 */
public record Announcer(int port) {
    /** RELAY_CTRL_PORT where it is not set. */
    public static final int PORT = 811;

    /**
     * Sends to each receiver until it answers.
     *
     * @param tries how often
     * @param timeout how long to wait for answers each time
     * @return those that did not answer
     */
    public List<IpAddress> announce(IpAddress granted, List<IpAddress> receivers, int tries, Duration timeout)
            throws IOException {
        byte[] text = Octets.bytes(granted.toString());
        Set<IpAddress> silent = new LinkedHashSet<>(receivers);
        try (DatagramSocket socket = new DatagramSocket()) {
            for (int i = 0; i < tries && !silent.isEmpty(); i++) {
                for (IpAddress receiver : silent) {
                    send(socket, new DatagramPacket(text, text.length, new InetSocketAddress(receiver.inet(), port)));
                }
                hear(socket, silent, timeout);
            }
        }
        return List.copyOf(silent);
    }

    /** A receiver that cannot be reached is one that does not answer. */
    private static void send(DatagramSocket socket, DatagramPacket packet) {
        try {
            socket.send(packet);
        } catch (IOException e) {
            return;
        }
    }

    private static void hear(DatagramSocket socket, Set<IpAddress> silent, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        DatagramPacket answer = new DatagramPacket(new byte[1], 1);
        while (!silent.isEmpty()) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                return;
            }
            socket.setSoTimeout((int) left);
            try {
                socket.receive(answer);
            } catch (SocketTimeoutException e) {
                return;
            }
            if (answer.getLength() == 1 && answer.getData()[0] == GrantReceiver.RECEIVED) {
                silent.remove(IpAddress.of(answer.getAddress()));
            }
        }
    }
}
