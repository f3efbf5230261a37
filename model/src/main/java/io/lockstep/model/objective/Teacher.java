package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model that is not trained, and that several terms of an objective learn from: it is computed
 * once in each pass, before the student. Used by one thread.
 */
public final class Teacher {

  private final VisionLanguageModel network;
  private final Set<String> wanted;
  private @Nullable Pass last;

  /**
   * A teacher.
   *
   * @param network over the same tokens and pictures as the student
   * @param wanted names of the activations that terms read of it besides
   */
  public Teacher(VisionLanguageModel network, Set<String> wanted) {
    this.network = network;
    this.wanted = Set.copyOf(wanted);
  }

  /** What the teacher has computed of a batch; it belongs to the pass's scope. */
  final class Pass {
    private final WeakReference<Scope> scope;
    private final Batch batch;
    private final Map<String, NDArray> activations = new HashMap<>();
    private final NDArray hidden_BTH;

    private Pass(Scope scope, Batch batch) {
      this.scope = new WeakReference<>(scope);
      this.batch = batch;
      hidden_BTH =
          Autograd.inference(() -> network.hidden(scope, batch, null, new Listener(scope)));
    }

    private final class Listener implements ActivationListener {
      private final Scope keeping;

      Listener(Scope keeping) {
        this.keeping = keeping;
      }

      @Override
      public void accept(String name, NDArray activation) {
        if (wanted.contains(name)) {
          activations.put(name, keeping.keep(activation.reshape(activation.getShape())));
        }
      }

      @Override
      public void deepstack(int merger, NDArray activation) {
        accept(Activations.deepstack(merger), activation);
      }
    }

    /** Logits [N, V] at some of the batch's positions; of the innermost scope. */
    NDArray logits(Targets targets) {
      Scope whole = scope.get();
      if (whole == null) {
        throw new IllegalStateException("the teacher's pass is over");
      }
      return Autograd.inference(
          () -> network.prediction(whole, batch, hidden_BTH, targets).logits());
    }

    /** One of the activations that are wanted. */
    NDArray activation(String name) {
      NDArray found = activations.get(name);
      if (found == null) {
        throw new IllegalStateException("the teacher has no " + name + " in this pass");
      }
      return found;
    }
  }

  /**
   * Its pass over a batch: the same for all terms that ask with the same scope.
   *
   * @param scope holds what is computed; the innermost one
   */
  Pass over(Scope scope, Batch batch) {
    Pass before = last;
    if (before != null && before.scope.refersTo(scope)) {
      return before;
    }
    Pass computed = new Pass(scope, batch);
    last = computed;
    return computed;
  }
}
