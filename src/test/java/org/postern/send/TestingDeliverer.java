package org.postern.send;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.postern.mail.Deliverer;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.os.Octets;

/** Delivers into memory. Like local delivery it knows a copy by its delivery id, and makes no second one. */
final class TestingDeliverer implements Deliverer {
    /** Every try: {@code recipient from sender}. */
    final List<String> tries = Collections.synchronizedList(new ArrayList<>());
    /** What arrived, once each. */
    final List<Copy> copies = Collections.synchronizedList(new ArrayList<>());

    private final Set<String> ids = Collections.synchronizedSet(new HashSet<>());
    private final Function<Delivery, DeliveryResult> answer;

    record Copy(String id, String sender, String recipient, String text) {}

    /** @param answer what becomes of a delivery; only what is Delivered arrives */
    TestingDeliverer(Function<Delivery, DeliveryResult> answer) {
        this.answer = answer;
    }

    static TestingDeliverer accepting(String report) {
        return new TestingDeliverer(d -> new DeliveryResult.Delivered(report));
    }

    @Override
    public DeliveryResult deliver(Delivery d) {
        tries.add(d.recipient() + " from " + d.sender());
        DeliveryResult result = answer.apply(d);
        if (result instanceof DeliveryResult.Delivered) {
            try (InputStream in = d.message().open()) {
                String text = Octets.of(in.readAllBytes());
                if (ids.add(d.deliveryId())) {
                    copies.add(new Copy(d.deliveryId(), d.sender(), d.recipient(), text));
                }
            } catch (IOException e) {
                return new DeliveryResult.Deferred("Unable to read message. (#4.3.0)\n");
            }
        }
        return result;
    }

    /** What another one has delivered is there already. */
    void know(TestingDeliverer other) {
        ids.addAll(other.ids);
    }

    List<String> recipients() {
        synchronized (copies) {
            return copies.stream().map(Copy::recipient).toList();
        }
    }
}
