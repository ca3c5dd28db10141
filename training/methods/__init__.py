"""One readable file per method, one dict."""

from training.methods.baseline import Baseline, InfraredTeacher
from training.methods.method import Method

METHODS: dict[str, type[Method]] = {method.name: method for method in (Baseline, InfraredTeacher)}
