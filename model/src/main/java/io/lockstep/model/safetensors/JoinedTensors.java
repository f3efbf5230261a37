package io.lockstep.model.safetensors;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a model and those of a head that lies beside it. */
final class JoinedTensors implements TensorSource {

  private final TensorSource model;
  private final TensorSource head;
  private final List<String> names;

  /**
   * Joins both, which are closed with the result.
   *
   * @throws InvalidSafetensorsException if both have a tensor of the same name
   */
  JoinedTensors(Path headFile, TensorSource model, TensorSource head)
      throws InvalidSafetensorsException {
    this.model = model;
    this.head = head;
    List<String> all = new ArrayList<>(model.names());
    for (String name : head.names()) {
      if (model.contains(name)) {
        throw new InvalidSafetensorsException(
            headFile, "holds tensor " + name + ", which the model beside it has too");
      }
      all.add(name);
    }
    all.sort(TensorInfo.NAME_ORDER);
    names = List.copyOf(all);
  }

  private TensorSource of(String name) {
    return head.contains(name) ? head : model;
  }

  @Override
  public List<String> names() {
    return names;
  }

  @Override
  public boolean contains(String name) {
    return model.contains(name) || head.contains(name);
  }

  @Override
  public TensorInfo info(String name) {
    return of(name).info(name);
  }

  @Override
  public MemorySegment data(String name) {
    return of(name).data(name);
  }

  @Override
  public StoredValues values(String name) {
    return of(name).values(name);
  }

  @Override
  public void close() {
    head.close();
    model.close();
  }
}
