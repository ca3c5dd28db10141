"""One readable file per method, one dict."""

from training.methods.baseline import Baseline, InfraredTeacher
from training.methods.method import Method
from training.methods.ts_gan import TsGan
from training.methods.ts_gan_plus import TsGanPlus

METHODS: dict[str, type[Method]] = {method.name: method for method in (Baseline, InfraredTeacher, TsGan, TsGanPlus)}
