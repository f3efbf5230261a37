package io.lockstep.data.parameter;

import java.util.List;

/** A kind of thing that configurations name, with the parameters that they may give it. */
public interface Kind {

  /** In configurations; unique among its like. */
  String name();

  /** All that it declares. */
  List<Parameter> parameters();
}
