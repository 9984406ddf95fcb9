import django.core.validators
from decimal import Decimal
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rules', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='rulesversion',
            name='pending_share',
            field=models.DecimalField(db_default=Decimal('0.5'), decimal_places=4, default=Decimal('0.5'), help_text='This share of the price applies to a booking that is not confirmed.', max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='share while not confirmed'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='price_contractor',
            field=models.DecimalField(db_default=Decimal('0.15'), decimal_places=4, default=Decimal('0.15'), max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='price of another contractor'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='price_day',
            field=models.DecimalField(db_default=Decimal('0.1'), decimal_places=4, default=Decimal('0.1'), max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='price of another day'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='price_fairness',
            field=models.DecimalField(db_default=Decimal('0.01'), decimal_places=4, default=Decimal('0.01'), help_text='Times n(n-1)/2 for n new jobs of one contractor in a plan.', max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='price of uneven work'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='price_time',
            field=models.DecimalField(db_default=Decimal('0.03'), decimal_places=4, default=Decimal('0.03'), help_text='What it costs a plan to change a booking, in scores.', max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='price of another time'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='price_window',
            field=models.DecimalField(db_default=Decimal('0.5'), decimal_places=4, default=Decimal('0.5'), help_text='For a booking that a plan drops although the customer was promised a window.', max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='price of a broken arrival window'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='worth_high',
            field=models.DecimalField(db_default=Decimal('2.5'), decimal_places=4, default=Decimal('2.5'), max_digits=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='worth of a high-priority job'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='worth_low',
            field=models.DecimalField(db_default=1, decimal_places=4, default=1, max_digits=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='worth of a low-priority job'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='worth_medium',
            field=models.DecimalField(db_default=Decimal('1.5'), decimal_places=4, default=Decimal('1.5'), max_digits=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='worth of a medium-priority job'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='worth_urgent',
            field=models.DecimalField(db_default=4, decimal_places=4, default=4, help_text='A plan adds this to the score of each job that it plans. No score is more than 1.', max_digits=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='worth of an urgent job'),
        ),
        AddConstraintNotValid(
            model_name='rulesversion',
            constraint=models.CheckConstraint(condition=models.Q(('worth_high__gte', 1), ('worth_low__gte', 1), ('worth_medium__gte', 1), ('worth_urgent__gte', 1)), name='rules_worths_above_scores'),
        ),
        AddConstraintNotValid(
            model_name='rulesversion',
            constraint=models.CheckConstraint(condition=models.Q(('pending_share__gte', 0), ('pending_share__lte', 1), ('price_contractor__gte', 0), ('price_day__gte', 0), ('price_fairness__gte', 0), ('price_time__gte', 0), ('price_window__gte', 0)), name='rules_prices_in_range'),
        ),
    ]
